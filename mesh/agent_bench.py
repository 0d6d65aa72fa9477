"""Owns the part of the agent's API that `hearth bench` asks: a model on one node or over several, and a link."""

import time
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError

from mesh import relay
from mesh.bench import LinkRun, Run, measured_link, measured_run, question
from mesh.bench_port import LINK, LinkQuestion
from mesh.engine_door import EngineDoor
from mesh.errors import BenchRefusedError, NodeUnreachableError
from mesh.links import Links
from mesh.split import SPLIT, Split

_OTHERS_LINK_SECONDS: Final = 300.0


class RunQuestion(BaseModel):
    """What is measured: the words of the prompt follow from the seed."""

    digest: str = Field(max_length=64)
    seed: int
    prompt_words: int = Field(ge=8, le=2048)
    output_tokens: int = Field(ge=4, le=512)

    def body(self) -> bytes:
        """For the engine."""
        return question(seed=self.seed, prompt_words=self.prompt_words, output_tokens=self.output_tokens)


class NodeRunQuestion(RunQuestion):
    """And on which node."""

    node_id: str = Field(max_length=64)


class BetweenQuestion(LinkQuestion):
    """A link, `node_id` its far end."""

    from_node: str = Field(max_length=64)


def bench_router(own: str, links: Links, engine: EngineDoor, split: Split, split_engine: EngineDoor) -> APIRouter:
    """The routes; `own` is this node's id."""
    routes = APIRouter()

    @routes.post("/bench/run")
    async def run(asked: NodeRunQuestion) -> Run:
        began, body = time.monotonic(), asked.body()
        if asked.node_id == own:
            answer = await relay.from_lines(engine.stream(asked.digest, "completion", body, own), lambda: None)
        else:
            answer = await relay.streamed(links, asked.node_id, asked.digest, "completion", body)
        return await measured_run(answer, began=began, monotonic=time.monotonic)

    @routes.post("/bench/split")
    async def over_several(asked: RunQuestion) -> Run:
        await split.prepared(asked.digest)
        began = time.monotonic()
        lines = split_engine.stream(asked.digest, "completion", asked.body(), SPLIT)
        answer = await relay.from_lines(lines, split.broke_off)
        run = await measured_run(answer, began=began, monotonic=time.monotonic)
        return run.model_copy(update={"link": split.link(asked.digest)})

    @routes.post("/bench/link")
    async def link(asked: BetweenQuestion) -> LinkRun:
        if asked.from_node == own:
            return await measured_link(links, asked.node_id, asked.turns, monotonic=time.monotonic)
        body = LinkQuestion(node_id=asked.node_id, turns=asked.turns).model_dump_json().encode()
        try:
            response = await links.ask(asked.from_node, LINK, body, seconds=_OTHERS_LINK_SECONDS)
            return LinkRun.model_validate_json(response.content)
        except NodeUnreachableError as error:
            raise BenchRefusedError(str(error)) from error
        except ValidationError as error:
            raise BenchRefusedError("The node cannot measure this link now; it may run an older Hearth.") from error

    return routes

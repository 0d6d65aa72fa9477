"""Owns the two ends of help with vectors: what the assistants of both nodes say, and what one node asks of another."""

from collections.abc import Callable, Set
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from mesh.errors import HelpRefusedError, NodeUnreachableError
from mesh.helping import LONGEST_ANSWER, Batch, HelpAnswer, Helping, HelpQuestion, Model
from mesh.lending_port import Lines
from mesh.link import Link
from mesh.links import Links
from mesh.scheduler import SERVING_ROLES, unwell
from mesh.travel import received

PATH: Final = "/help/vectors"


class WhoQuestion(BaseModel):
    """Who would compute vectors of this model; `without` names nodes that failed."""

    model: Model
    without: list[str] = Field(default_factory=list, max_length=64)


class WhoAnswer(BaseModel):
    """A node that would, or nobody."""

    node_id: str = ""
    name: str = ""


class WorkQuestion(BaseModel):
    """The assistant is idle, and has this model."""

    model: Model


def helper(links: Links, model: str, *, without: Set[str], now: float) -> Link | None:
    """The nearest node that is idle, well, and has the very same model."""
    able = [
        link
        for link in links.links.values()
        if link.report is not None
        and link.report.embeds == model
        and link.member.role in SERVING_ROLES
        and link.member.node_id not in without
        and not link.problem(now)
        and not unwell(link.report.vitals)
    ]
    return min(able, key=lambda link: link.lag_seconds, default=None)


def help_router(links: Links, helping: Helping, *, monotonic: Callable[[], float]) -> APIRouter:
    """The agent's routes, for the assistant of this very node."""
    routes = APIRouter()

    @routes.post("/help/who")
    async def who(asked: WhoQuestion) -> WhoAnswer:
        link = helper(links, asked.model, without=frozenset(asked.without), now=monotonic())
        return WhoAnswer() if link is None else WhoAnswer(node_id=link.member.node_id, name=link.member.name)

    @routes.post("/help/from/{node_id}")
    async def from_node(node_id: str, asked: HelpQuestion) -> Response:
        """The vectors that another node computed; nothing in them is believed here."""
        link = links.links.get(node_id)
        if link is None:
            return _refusal(404, "no_node")
        told = b""
        try:
            async with links.stream(node_id, PATH, asked.model_dump_json().encode()) as response:
                if not response.is_success:
                    return _refusal(503, "refused")
                async for piece in received(response, link):
                    told = (told + piece).lstrip()
                    if len(told) > 2 * LONGEST_ANSWER:
                        return _refusal(503, "too_long")
            return Response(HelpAnswer.model_validate_json(told).model_dump_json(), media_type="application/json")
        except (NodeUnreachableError, ValidationError):
            return _refusal(503, "unreachable")

    @routes.post("/help/next", response_model=Batch)
    async def work(asked: WorkQuestion) -> Batch | Response:
        batch = await helping.next(asked.model)
        return Response(status_code=204) if batch is None else batch

    @routes.post("/help/done/{number}", status_code=204)
    async def done(number: int, answer: HelpAnswer) -> None:
        helping.answer(number, answer)

    return routes


def help_port(helping: Helping) -> APIRouter:
    """The port's route, for members alone."""
    routes = APIRouter()

    @routes.post(PATH)
    async def vectors(asked: HelpQuestion) -> Response:
        try:
            return Lines(helping.begin(asked))
        except HelpRefusedError:
            return _refusal(503, "busy")

    return routes


def _refusal(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code}, status)

"""Vectors that another real node computes for one: fetched by its idle assistant, and over at once where it dies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy
import pytest
from numpy.typing import NDArray

from assistant.embedding.helpers import HelperNode, MeshHelpers
from assistant.errors import HelpEndedError
from tests.fakes import FakeEmbedder
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

TEXTS = ["The warranty of the boiler ends in May.", "The cat sleeps in the attic.", "Bread is baked at night."]
MODEL = "counting"


class Held(FakeEmbedder):
    """Computes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        self.begun.set()
        await self.may_end.wait()
        return await super().embed(texts)


def helpers_of(node: Node) -> MeshHelpers:
    return MeshHelpers(node.folder / "run/mesh/mesh.sock")


@asynccontextmanager
async def idle_assistant(node: Node, embedder: FakeEmbedder) -> AsyncIterator[None]:
    """What the assistant of an idle box does."""
    helpers = helpers_of(node)
    work = asyncio.create_task(helpers.help_others(embedder, is_idle=lambda: True))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])
        await helpers.close()


async def found(home: MeshHelpers, *, model: str = MODEL) -> HelperNode:
    """The node that would help, once its home has heard of it."""
    async with asyncio.timeout(120):
        while (node := await home.who(model, frozenset())) is None:
            await asyncio.sleep(0.1)
    return node


async def test_an_idle_node_computes_what_another_wants(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        home = helpers_of(alpha)
        assert await home.who(MODEL, frozenset()) is None
        async with idle_assistant(beta, FakeEmbedder()):
            helper = await found(home)
            assert helper.name == "beta"
            assert await home.who("another model", frozenset()) is None
            assert await home.who(MODEL, frozenset({helper.node_id})) is None
            for _ in range(3):
                rows = await home.vectors(helper, MODEL, TEXTS)
                assert numpy.array_equal(rows, await FakeEmbedder().embed(TEXTS))
        await home.close()


@pytest.mark.parametrize("how", ["killed", "removed", "its assistant is started again"])
async def test_help_that_breaks_off_is_told_at_once(node: NewNode, how: str) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        home, held = helpers_of(alpha), Held()
        async with idle_assistant(beta, held):
            helper = await found(home)
            coming = asyncio.create_task(home.vectors(helper, MODEL, TEXTS))
            await held.begun.wait()
            match how:
                case "killed":
                    assert beta.daemon is not None
                    beta.daemon.kill()
                case "removed":
                    await alpha.ask("DELETE", f"/members/{helper.node_id}")
                case _:
                    pass
            if how == "its assistant is started again":
                async with idle_assistant(beta, FakeEmbedder()):
                    with pytest.raises(HelpEndedError):
                        await coming
            else:
                with pytest.raises(HelpEndedError):
                    await coming
        await home.close()


async def test_a_client_helps_nobody(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta, role="client")
        home = helpers_of(alpha)
        async with idle_assistant(beta, FakeEmbedder()):
            seen = await alpha.until(lambda seen: alpha.other(seen, "beta")["report"])
            assert alpha.other(seen, "beta")["report"]["embeds"] == ""
            with pytest.raises(HelpEndedError):
                await home.vectors(HelperNode(node_id=alpha.other(seen, "beta")["node_id"], name="beta"), MODEL, TEXTS)
        await home.close()

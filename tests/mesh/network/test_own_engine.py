"""A box's own real engine goes wrong while other boxes are there."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from assistant.engine.leases import Leases
from assistant.engine.mesh import MeshDaemon
from assistant.engine.message import Message
from assistant.engine.place import Computed
from assistant.engine.watch import Patience
from assistant.generation.fair_engine import FairEngine
from assistant.generation.models import ModelCard
from assistant.generation.placed import PlacedEngine
from assistant.generation.queue import FairQueue, QueueSettings
from tests.mesh.network.conftest import Lan
from tests.mesh.network.fake_engine import KEY
from tests.mesh.network.node import joined, running
from tests.mesh.network.real_node import RealNode
from tests.mesh.network.splitting import living

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(300)]


@asynccontextmanager
async def two(lan: Lan, folder: Path) -> AsyncIterator[tuple[RealNode, RealNode]]:
    """Two boxes of one mesh, each with the product's model in memory."""
    home, guest = (RealNode(folder / name, name, **living(lan, name)) for name in ("alpha", "beta"))
    async with running(home, guest):
        await joined(home, guest)
        for one in (home, guest):
            async with engine_of(one) as engine:
                await said(engine, [])
        await home.until(lambda seen: all(node["report"]["models"][0]["is_loaded"] for node in seen["nodes"]))
        yield home, guest


@asynccontextmanager
async def engine_of(node: RealNode, *, is_alone: bool = True) -> AsyncIterator[PlacedEngine]:
    """What answers on this box, as hearth-assistant puts it together; alone, it goes to no other one."""
    clock, patience = SystemClock(), Patience()
    leases = Leases(desk=node.folder / "run/engine/desk.sock", key=KEY, patience=patience)
    queue = FairQueue(QueueSettings(slots=4, waiting_each=4, waiting_total=8), clock=clock)
    shipped = ModelCard(
        name="chat",
        kind="chat",
        file=Path("chat.gguf"),
        context_tokens=2048,
        size_bytes=1,
        changed_at=clock.now(),
        digest="",
    )
    here = FairEngine(
        leases=leases, chosen=lambda: shipped, queue=queue, clock=clock, patience=patience, ready_seconds=60.0
    )
    socket = node.folder / ("run/nobody.sock" if is_alone else "run/mesh/mesh.sock")
    mesh = MeshDaemon(socket, patience=patience, monotonic=time.monotonic, ask_seconds=20.0)
    digest = "" if is_alone else (await node.seen())["nodes"][0]["report"]["models"][0]["digest"]
    try:
        yield PlacedEngine(here=here, mesh=mesh, digest=lambda: digest, model=lambda: "test-model")
    finally:
        await mesh.close()
        await leases.close()


async def said(engine: PlacedEngine, places: list[Computed]) -> str:
    pieces = engine.complete([Message(role="user", text="Say hello.")], max_tokens=4, on_place=places.append)
    async with aclosing(pieces) as words:
        return "".join([word async for word in words])


async def server_of(node: RealNode) -> int:
    (server,) = await node.processes("llama-server")
    return server


async def test_a_request_whose_own_server_dies_before_its_first_word_is_answered_by_another_box(
    lan: Lan, short_folder: Path
) -> None:
    async with two(lan, short_folder) as (home, guest), engine_of(home, is_alone=False) as engine:
        for other in await guest.processes("llama-server"):
            os.kill(other, signal.SIGSTOP)  # so that the first try is made here
        await home.until(lambda seen: home.other(seen, "beta")["report"]["models"][0]["is_stuck"])
        server = await server_of(home)
        os.kill(server, signal.SIGSTOP)
        places: list[Computed] = []
        answer = asyncio.create_task(said(engine, places))
        await asyncio.sleep(1.0)
        for other in await guest.processes("llama-server"):
            os.kill(other, signal.SIGCONT)
        await home.until(lambda seen: not home.other(seen, "beta")["report"]["models"][0]["is_stuck"])

        os.kill(server, signal.SIGKILL)
        began = time.monotonic()

        assert await answer
        assert time.monotonic() - began < 10
        assert [place.name for place in places] == ["beta"]


async def test_a_server_that_hangs_under_a_living_desk_is_told_before_anybody_asks(
    lan: Lan, short_folder: Path
) -> None:
    async with two(lan, short_folder) as (home, guest), engine_of(home, is_alone=False) as engine:
        server = await server_of(guest)
        os.kill(server, signal.SIGSTOP)

        seen = await home.until(lambda seen: home.other(seen, "beta")["report"]["models"][0]["is_stuck"], seconds=40)

        assert home.other(seen, "beta")["is_reached"]
        places: list[Computed] = []
        assert await said(engine, places)
        assert [place.name for place in places] == ["this box"]
        assert all(outcome["ok"] for outcome in (await home.seen())["outcomes"])
        # The desk ends a server that stays deaf and starts another one, which is tried at the next look.
        await home.until(lambda seen: not home.other(seen, "beta")["report"]["models"][0]["is_stuck"])

"""How this node's engine is measured: a llama-server on a Unix socket that tells whatever time the test wants."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mesh import proving
from mesh.engine_door import LONG_PROBE, QUICK_SECONDS, SHORT_PROBE, EngineDoor
from mesh.report import EngineState, ModelOffer, NodeReport
from tests.unix_server import unix_server

DIGEST = "0" * 64


class OneEngine:
    """A house with one model in memory."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def offers(self) -> tuple[ModelOffer, ...]:
        return (ModelOffer(name="small", digest=DIGEST, is_loaded=True),)

    async def state(self) -> EngineState:
        return "ready"

    def file(self, digest: str) -> Path | None:
        return None

    @contextlib.asynccontextmanager
    async def held(self, digest: str, *, is_use: bool = True) -> AsyncIterator[Path]:
        yield self._socket


class Server:
    """Takes a second for so many tokens, and remembers what it was asked to write."""

    def __init__(self, tokens_per_second: float) -> None:
        self.asked: list[int] = []
        self._pace = tokens_per_second

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            told = json.dumps({"timings": self._timings(json.loads(await reader.readexactly(length)))}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))

    def _timings(self, body: dict[str, Any]) -> dict[str, float]:
        read, written = len(body["prompt"].split()), body["n_predict"]
        self.asked.append(written)
        return {
            "prompt_n": read,
            "prompt_ms": 1000 * read / self._pace,
            "predicted_n": written,
            "predicted_ms": 1000 * written / self._pace,
        }


async def measured(server: Server, folder: Path) -> ModelOffer:
    """What the door says of its model after it was measured."""
    socket = folder / "engine.sock"
    async with unix_server(socket, server.serve):
        door = EngineDoor(OneEngine(socket), key="key", slots=1)
        await door.measure(DIGEST)
        await door.close()
    (offer,) = door.models()
    return offer


async def test_a_quick_pc_is_measured_by_the_long_probe(tmp_path: Path) -> None:
    server = Server(tokens_per_second=1000)

    offer = await measured(server, tmp_path)

    assert server.asked == [SHORT_PROBE[1], LONG_PROBE[1]]
    assert offer.prefill_rate == pytest.approx(1000)


async def test_a_slow_pc_is_measured_by_the_short_probe_alone(tmp_path: Path) -> None:
    server = Server(tokens_per_second=1 / QUICK_SECONDS)

    offer = await measured(server, tmp_path)

    assert server.asked == [SHORT_PROBE[1]]
    assert offer.decode_rate == pytest.approx(1 / QUICK_SECONDS)


def test_a_turn_is_what_the_engine_worked_and_no_probe_counts(tmp_path: Path) -> None:
    door = EngineDoor(OneEngine(tmp_path / "engine.sock"), key="key", slots=1)

    assert door.turn_seconds == 0
    door.note(DIGEST, {"prompt_n": 10, "prompt_ms": 500, "predicted_n": 20, "predicted_ms": 1500})
    door.note(DIGEST, {"prompt_n": 10, "prompt_ms": 1000, "predicted_n": 20, "predicted_ms": 3000})
    door.note(DIGEST, {})

    assert door.turn_seconds == pytest.approx(3)


async def test_a_model_that_writes_no_word_is_told_as_stuck_until_it_does(tmp_path: Path) -> None:
    socket = tmp_path / "engine.sock"
    server = Server(tokens_per_second=100)
    door = EngineDoor(OneEngine(socket), key="key", slots=1)

    assert not await door.proven(DIGEST, is_use=False)
    (stuck,) = door.models()
    async with unix_server(socket, server.serve):
        assert await door.proven(DIGEST, is_use=False)
        await door.close()
    (well,) = door.models()

    assert (stuck.is_stuck, well.is_stuck) == (True, False)


async def test_models_in_memory_are_tried_while_nobody_asks_and_a_stuck_one_at_every_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(proving, "EVERY_SECONDS", 0.1)
    idle = NodeReport(
        node_id="a" * 26,
        version="1",
        clock=0,
        port=1,
        engine="ready",
        models=(
            ModelOffer(name="small", digest=DIGEST, is_loaded=True),
            ModelOffer(name="large", digest="1" * 64),
        ),
    )
    reports, tried = [replace(idle, running=1)], []

    class Door:
        async def proven(self, digest: str, *, is_use: bool = True) -> bool:
            tried.append((digest, is_use))
            return len(tried) > 3

    task = asyncio.create_task(proving.proving(Door(), lambda: reports[-1]))
    await asyncio.sleep(0.3)
    assert tried == []
    reports.append(idle)
    async with asyncio.timeout(5):
        while len(tried) < 4:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert tried == [(DIGEST, False)] * 4

"""A model's server is asked while the model is being granted, and nothing of its answer is told before that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.engine.client import LlamaServer
from assistant.engine.completion import LlamaCompletion
from assistant.engine.errors import EngineNoRoomError, EngineUnavailableError
from assistant.engine.granting import Granting
from assistant.engine.pieces import Piece, Stopped
from tests.engine.fake_server import HEAD, FakeServer, chunk

WORD = b'data: {"choices":[{"delta":{"content":"blue"},"finish_reason":null}]}\n\n'
END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"timings":{"prompt_n":3,"predicted_n":1}}\n\n'
ANSWER = (HEAD, chunk(WORD), chunk(END), chunk(b""))


class Block:
    """A model's block, which is granted when the test says so, or refused."""

    def __init__(self) -> None:
        self.allowed = asyncio.Event()
        self.refusal: Exception | None = None
        self.held = 0
        self.asked = 0
        self.told: list[str] = []

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        self.asked += 1
        await self.allowed.wait()
        if self.refusal is not None:
            raise self.refusal
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


def engine_at(place: Path, granting: Granting) -> LlamaCompletion:
    server = LlamaServer(socket=place, key="k")
    return LlamaCompletion(socket=place, key="k", server=server).once(granting)


async def told_by(engine: LlamaCompletion, pieces: list[str]) -> None:
    async for piece in engine.converse([{"role": "user", "content": "Which colour?"}], {}):
        pieces.append(piece.text if isinstance(piece, Piece) else "end")
        assert isinstance(piece, Piece | Stopped)


async def until(holds: asyncio.Event | None, server: FakeServer) -> None:
    async with asyncio.timeout(30):
        while not server.requests:
            await asyncio.sleep(0.01)
        if holds is not None:
            await holds.wait()


async def test_the_server_has_its_request_before_the_model_is_granted_and_tells_nothing(tmp_path: Path) -> None:
    place, server, block = tmp_path / "llama.sock", FakeServer(ANSWER), Block()
    granting = Granting(block.entered())
    async with server.on(place):
        telling = asyncio.create_task(told_by(engine_at(place, granting), block.told))
        await until(None, server)
        await asyncio.sleep(0.05)
        assert (block.asked, block.held, block.told) == (1, 0, [])

        block.allowed.set()
        await telling
        assert (block.told, block.held) == (["blue", "end"], 1)
        await granting.end()

    assert block.held == 0


async def test_what_is_refused_is_told_although_the_server_answered(tmp_path: Path) -> None:
    place, server, block = tmp_path / "llama.sock", FakeServer(ANSWER), Block()
    block.refusal = EngineNoRoomError(need_bytes=9, free_bytes=1, budget_bytes=4)
    block.allowed.set()
    granting = Granting(block.entered())
    async with server.on(place):
        with pytest.raises(EngineNoRoomError):
            await told_by(engine_at(place, granting), block.told)
    await granting.end()

    assert block.told == []


async def test_a_server_that_only_comes_with_the_grant_is_asked_again(tmp_path: Path) -> None:
    place, server, block = tmp_path / "llama.sock", FakeServer(ANSWER), Block()
    granting = Granting(block.entered())
    telling = asyncio.create_task(told_by(engine_at(place, granting), block.told))
    async with asyncio.timeout(30):
        while not block.asked:
            await asyncio.sleep(0.01)
    async with server.on(place):
        block.allowed.set()
        await telling
    await granting.end()

    assert (block.told, len(server.requests)) == (["blue", "end"], 1)


async def test_a_server_that_is_away_although_its_model_was_granted_is_told(tmp_path: Path) -> None:
    block = Block()
    block.allowed.set()
    granting = Granting(block.entered())

    with pytest.raises(EngineUnavailableError):
        await told_by(engine_at(tmp_path / "nobody.sock", granting), block.told)
    await granting.end()

    assert (block.told, block.held) == ([], 0)


async def test_who_leaves_meanwhile_holds_nothing(tmp_path: Path) -> None:
    place, server, block = tmp_path / "llama.sock", FakeServer(ANSWER, hold_seconds=30), Block()
    granting = Granting(block.entered())
    async with server.on(place):
        telling = asyncio.create_task(told_by(engine_at(place, granting), block.told))
        await until(None, server)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await granting.end()
        await until(server.hung_up, server)

    granting.begin()  # too late: nobody would let go of it
    assert (block.held, block.told) == (0, [])


async def test_what_only_counts_waits_for_the_grant(tmp_path: Path) -> None:
    body = b'{"tokens":[1,2,3]}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    place, server, block = tmp_path / "llama.sock", FakeServer((answer,)), Block()
    granting = Granting(block.entered())
    async with server.on(place):
        counting = asyncio.create_task(engine_at(place, granting).count("Which colour?"))
        async with asyncio.timeout(30):
            while not block.asked:
                await asyncio.sleep(0.01)
        assert not server.requests
        block.allowed.set()
        assert await counting == 3
    await granting.end()

"""The engine's client keeps every promise of its wire: whole answers, honest breaks, cancelled work."""

import json
from pathlib import Path

import pytest

from assistant.engine.client import LlamaServer
from assistant.engine.errors import EngineInterruptedError, EngineRefusedError, EngineUnavailableError
from assistant.engine.message import Message
from tests.engine.fake_server import DONE, HEAD, FakeServer, event

QUESTION = [Message(role="user", text="When?")]


async def answer(client: LlamaServer) -> str:
    return "".join([piece async for piece in client.complete(QUESTION, max_tokens=8)])


async def test_an_answer_arrives_whole_and_the_key_goes_with_the_question(tmp_path: Path) -> None:
    server = FakeServer([HEAD, event("In "), event("March."), DONE])

    async with server.on(tmp_path / "e.sock"):
        told = await answer(LlamaServer(socket=tmp_path / "e.sock", key="k1"))

    assert told == "In March."
    assert b"Bearer k1" in server.requests[0]


async def test_the_model_is_asked_for_an_answer_and_for_no_thoughts(tmp_path: Path) -> None:
    server = FakeServer([HEAD, event("In March."), DONE])

    async with server.on(tmp_path / "e.sock"):
        await answer(LlamaServer(socket=tmp_path / "e.sock", key="k"))

    body = json.loads(server.requests[0].split(b"\r\n\r\n", 1)[1])
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


async def test_a_stream_that_just_ends_is_an_interruption(tmp_path: Path) -> None:
    server = FakeServer([HEAD, event("In "), b"0\r\n\r\n"])

    async with server.on(tmp_path / "e.sock"):
        with pytest.raises(EngineInterruptedError):
            await answer(LlamaServer(socket=tmp_path / "e.sock", key="k"))


async def test_a_connection_cut_after_the_first_word_is_an_interruption(tmp_path: Path) -> None:
    server = FakeServer([HEAD, event("In ")])

    async with server.on(tmp_path / "e.sock"):
        with pytest.raises(EngineInterruptedError, match="Ask again"):
            await answer(LlamaServer(socket=tmp_path / "e.sock", key="k"))


async def test_no_engine_is_told_apart_from_a_broken_answer(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="not ready"):
        await answer(LlamaServer(socket=tmp_path / "nobody.sock", key="k"))


async def test_a_refusal_carries_the_engines_reason(tmp_path: Path) -> None:
    body = b'{"error":{"message":"request (9000 tokens) exceeds the available context size"}}'
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async with FakeServer([head, body]).on(tmp_path / "e.sock"):
        with pytest.raises(EngineRefusedError, match="9000 tokens"):
            await answer(LlamaServer(socket=tmp_path / "e.sock", key="k"))


async def test_leaving_an_answer_hangs_up_so_that_the_engine_stops(tmp_path: Path) -> None:
    server = FakeServer([HEAD, event("In ")], hold_seconds=5)

    async with server.on(tmp_path / "e.sock"):
        stream = LlamaServer(socket=tmp_path / "e.sock", key="k").complete(QUESTION, max_tokens=8)
        async for _ in stream:
            break
        await stream.aclose()
        await server.hung_up.wait()


async def test_the_state_is_down_where_nobody_listens(tmp_path: Path) -> None:
    assert await LlamaServer(socket=tmp_path / "nobody.sock", key="k").state() == "down"


async def test_the_state_is_starting_while_the_model_loads(tmp_path: Path) -> None:
    loading = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"

    async with FakeServer([loading]).on(tmp_path / "e.sock"):
        assert await LlamaServer(socket=tmp_path / "e.sock", key="k").state() == "starting"


async def test_an_engine_too_busy_to_answer_is_not_called_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.client._CONNECT_SECONDS", 0.1)

    async with FakeServer([], hold_seconds=2).on(tmp_path / "e.sock"):
        assert await LlamaServer(socket=tmp_path / "e.sock", key="k").state() == "starting"

"""Programs that want vectors, or tokens counted, wait in a bounded line by turns, and who leaves asks for no more."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import numpy
import pytest
from numpy.typing import NDArray
from starlette.types import Message

from assistant.engine.errors import EngineUnavailableError
from tests.assistant.api.box import LOCAL_KEY, Box

MODEL = "all-MiniLM-L6-v2"
TEXTS = [f"text {number}" for number in range(64)]
EMBEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/embeddings", {"model": MODEL, "input": TEXTS}),
    "ollama": ("/api/embed", {"model": MODEL, "input": TEXTS}),
    "ollama of old": ("/api/embeddings", {"model": MODEL, "prompt": "a text"}),
}
COUNT = ("/v1/messages/count_tokens", {"model": "tiny", "messages": [{"role": "user", "content": "Hello?"}]})


class Slow:
    """Embeds like the fake, in its time, and remembers what it was asked for."""

    def __init__(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[list[str]] = []
        self.goes_on = asyncio.Event()
        self._embed = box.embedder.embed
        monkeypatch.setattr(box.embedder, "embed", self.embed)

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        self.batches.append(list(texts))
        await self.goes_on.wait()
        return await self._embed(texts, hurry=hurry)


async def post(box: Box, path: str, body: dict[str, Any]) -> httpx.Response:
    async with box.caller(LOCAL_KEY) as caller:
        return await caller.post(path, json=body)


async def left(box: Box, path: str, body: dict[str, Any], leave: asyncio.Event) -> None:
    """Ask as a client that hangs up once it is told to."""
    coming: list[Message] = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

    async def receive() -> Message:
        if coming:
            return coming.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    headers = [(b"authorization", f"Bearer {LOCAL_KEY}".encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("hearth", 80),
        "client": None,
        "root_path": "",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
    }
    await box.app(scope, receive, send)


@pytest.mark.parametrize("kind", list(EMBEDS))
async def test_a_full_line_for_vectors_says_when_to_come_back(
    box: Box, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(box, monkeypatch)
    waiting = [asyncio.create_task(post(box, *EMBEDS["openai"])) for _ in range(3)]
    while box.embedding.waiting < 2:
        await asyncio.sleep(0.01)

    refused = await post(box, *EMBEDS[kind])
    slow.goes_on.set()
    served = await asyncio.gather(*waiting)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert [answer.status_code for answer in served] == [200, 200, 200]
    assert [len(answer.json()["data"]) for answer in served] == [64, 64, 64]


@pytest.mark.parametrize("kind", ["openai", "ollama"])
async def test_who_leaves_wants_no_more_vectors(box: Box, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, leave = Slow(box, monkeypatch), asyncio.Event()
    asking = asyncio.create_task(left(box, *EMBEDS[kind], leave))
    while not slow.batches:
        await asyncio.sleep(0.01)

    leave.set()
    await asyncio.wait({asking}, timeout=5)
    slow.goes_on.set()
    await asyncio.sleep(0.05)

    assert asking.done()
    assert len(slow.batches) == 1
    assert box.embedding.running == 0


async def test_a_short_request_of_another_person_gets_in_between_the_batches_of_a_long_one(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, slow = await box.claimed(), Slow(box, monkeypatch)
    bob = box.other_person()
    path, body = EMBEDS["openai"]
    long = asyncio.create_task(ada.post(path, json=body))
    while not slow.batches:
        await asyncio.sleep(0.01)
    short = asyncio.create_task(bob.post(path, json={**body, "input": "one text"}))
    while not box.embedding.waiting:
        await asyncio.sleep(0.01)

    slow.goes_on.set()
    await asyncio.gather(long, short)

    assert slow.batches[1] == ["one text"]
    assert len(slow.batches) == 5


async def test_counting_waits_in_a_bounded_line_too(box: Box) -> None:
    async with box.counting.turn("somebody"):
        waiting = [asyncio.create_task(post(box, *COUNT)) for _ in range(2)]
        while box.counting.waiting < 2:
            await asyncio.sleep(0.01)
        refused = await post(box, *COUNT)
    served = await asyncio.gather(*waiting)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert [answer.status_code for answer in served] == [200, 200]


async def test_counting_waits_for_an_engine_that_was_just_started_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, tries = box.texts.count, []

    async def away_at_first(text: str) -> int:
        tries.append(text)
        if len(tries) == 1:
            raise EngineUnavailableError("The language model is not ready yet.")
        return await count(text)

    monkeypatch.setattr(box.texts, "count", away_at_first)
    monkeypatch.setattr(box.writer, "_ready_seconds", 5.0)

    answer = await post(box, *COUNT)

    assert answer.json()["input_tokens"] == 2
    assert len(tries) == 2

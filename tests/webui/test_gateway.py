"""The way of `/api/*` to the assistant's Unix socket and back."""

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from firmware.sockets import UnixTransport
from tests.webui.fake_assistant import FakeAssistant
from tests.webui.serving import port_of, serving
from webui.gateway import Gateway, upstream_headers

LIMIT_BYTES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A gateway that listens, and the assistant at its end."""

    url: str
    port: int
    assistant: FakeAssistant


@pytest.fixture
def way() -> Iterator[Way]:
    assistant = FakeAssistant()
    with tempfile.TemporaryDirectory(prefix="hearth-way-") as folder:
        path = str(Path(folder) / "a.sock")
        with serving(assistant.app, uds=path), gateway(path) as port:
            yield Way(url=f"http://127.0.0.1:{port}", port=port, assistant=assistant)


@contextlib.contextmanager
def gateway(path: str) -> Iterator[int]:
    way = UnixTransport(Path(path))
    app = Starlette(routes=[Mount("/", Gateway(way, max_body_bytes=LIMIT_BYTES, max_model_bytes=1 << 20))])
    with serving(app, host="127.0.0.1", port=0) as server:
        yield port_of(server)


async def test_a_request_passes_with_its_query_and_cookie(way: Way) -> None:
    headers = {"Cookie": "hearth_session=abc", "Authorization": "Bearer xyz"}

    echo = (await fetch(way, "GET", "/api/echo?name=a%2Fb%20c&x=1", headers=headers)).json()

    assert echo["query"] == "name=a%2Fb%20c&x=1"
    assert ["cookie", "hearth_session=abc"] in echo["headers"]
    assert ["authorization", "Bearer xyz"] in echo["headers"]


async def test_the_callers_address_is_ours_to_say(way: Way) -> None:
    """Guessing is slowed by address, so a caller must not choose one."""
    echo = (await fetch(way, "GET", "/api/echo", headers={"X-Hearth-Client": "10.0.0.99"})).json()

    assert [value for name, value in echo["headers"] if name == "x-hearth-client"] == ["127.0.0.1"]


def test_hop_by_hop_headers_stay_on_their_hop() -> None:
    headers = [
        (b"Connection", b"close, X-Secret"),
        (b"X-Secret", b"1"),
        (b"Upgrade", b"h2c"),
        (b"TE", b"trailers"),
        (b"Accept", b"*/*"),
    ]

    kept = upstream_headers({"headers": headers, "client": ("192.168.1.7", 5)})

    assert kept == [(b"Accept", b"*/*"), (b"x-hearth-client", b"192.168.1.7")]


async def test_a_body_streams_up_in_pieces(way: Way) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 20_000

    echo = (await fetch(way, "PUT", "/api/echo", content=pieces())).json()

    assert echo["size"] == 100_000


async def test_an_answer_streams_down_as_it_comes(way: Way) -> None:
    began = time.monotonic()

    async with httpx.AsyncClient() as caller, caller.stream("GET", f"{way.url}/api/slow") as answer:
        first = await anext(answer.aiter_lines())

    assert first == "0"
    assert time.monotonic() - began < 4, "the whole answer takes five seconds"


async def test_a_caller_who_leaves_ends_the_work(way: Way) -> None:
    async with httpx.AsyncClient() as caller, caller.stream("GET", f"{way.url}/api/slow") as answer:
        await anext(answer.aiter_lines())

    assert await eventually(lambda: way.assistant.generations_stopped == 1)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_beyond_the_limit_is_refused(way: Way, declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    answer = await fetch(way, "PUT", "/api/echo", content=b"x" * 300_000 if declared else pieces())

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


async def test_an_update_of_the_system_may_be_larger_than_other_files(way: Way) -> None:
    owner = {"Authorization": f"Bearer {way.assistant.claim()}"}

    brought = await fetch(way, "PUT", "/api/updates", content=b"x" * 300_000, headers=owner)
    endless = await fetch(way, "PUT", "/api/updates", content=b"x" * 2_000_000, headers=owner)

    assert (brought.status_code, brought.json()["size_bytes"]) == (201, 300_000)
    assert endless.status_code == 413


async def test_a_caller_who_leaves_mid_upload_leaves_nothing_hanging(way: Way) -> None:
    with socket.create_connection(("127.0.0.1", way.port)) as caller:
        caller.sendall(b"PUT /api/echo HTTP/1.1\r\nHost: hearth\r\nContent-Length: 1000\r\n\r\nhalf")

    answer = await fetch(way, "GET", "/api/echo")

    assert answer.status_code == 200


async def test_an_absent_assistant_is_told_in_a_sentence(tmp_path: Path) -> None:
    with gateway(str(tmp_path / "nobody.sock")) as port:
        async with httpx.AsyncClient() as caller:
            answer = await caller.get(f"http://127.0.0.1:{port}/api/health")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "assistant_away"
    assert "try again" in answer.json()["error"]["message"]


async def test_an_absent_assistant_is_told_in_the_form_that_the_program_reads(tmp_path: Path) -> None:
    with gateway(str(tmp_path / "nobody.sock")) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as caller:
            anthropic = (await caller.post("/v1/messages", json={})).json()
            openai = (await caller.post("/v1/chat/completions", json={})).json()
            ollama = (await caller.post("/api/chat", json={})).json()

    assert (anthropic["type"], anthropic["error"]["type"]) == ("error", "api_error")
    assert openai["error"]["type"] == "server_error"
    assert "try again" in ollama["error"]


async def fetch(way: Way, method: str, path: str, **more: object) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as caller:
        return await caller.request(method, way.url + path, **more)  # type: ignore[arg-type] # the tests' own keywords


async def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        await asyncio.sleep(0.02)
    return False

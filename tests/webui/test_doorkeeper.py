"""The door in front of the pages when the assistant is away, and what the session is read from."""

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from webui.assistant_client import Caller
from webui.doorkeeper import Doorkeeper, is_public, session_of


async def test_a_page_waits_while_the_assistant_is_away(tmp_path: Path) -> None:
    async with away(tmp_path) as http:
        transport = httpx.ASGITransport(app=door(http))
        async with httpx.AsyncClient(transport=transport, base_url="https://hearth.local") as browser:
            answer = await browser.get("/library")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert "It may still be starting" in answer.text
    assert 'http-equiv="refresh"' in answer.text


async def test_a_program_that_only_asks_if_somebody_is_there_is_told_so(tmp_path: Path) -> None:
    async with away(tmp_path) as http:
        transport = httpx.ASGITransport(app=door(http))
        async with httpx.AsyncClient(transport=transport, base_url="https://hearth.local") as program:
            heartbeat = await program.head("/")
            page = await program.head("/library")

    assert (heartbeat.status_code, heartbeat.content) == (200, b"")
    assert page.status_code == 503


async def test_a_socket_stays_shut_while_the_assistant_is_away(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with away(tmp_path) as http:
        await door(http)({"type": "websocket", "path": "/_nicegui_ws/socket.io/", "headers": []}, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(
    ("cookie", "session"),
    [
        (b"hearth_session=abc", "abc"),
        (b"other=1; hearth_session=abc; more=2", "abc"),
        (b"other=1", None),
        (b"hearth_session=", None),
        (b"\xff\xfe=;;;", None),
    ],
)
def test_the_session_is_read_from_its_cookie(cookie: bytes, session: str | None) -> None:
    assert session_of({"headers": [(b"Cookie", cookie)]}) == session


@pytest.mark.parametrize("path", ["/", "/library", "/loginx", "/setup/", "/_nicegui_ws/socket.io/", "/api", "/staticx"])
def test_what_is_not_listed_is_private(path: str) -> None:
    assert not is_public(path)


def away(folder: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=str(folder / "nobody.sock")), base_url="http://assistant"
    )


def door(http: httpx.AsyncClient) -> Doorkeeper:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("the page")(scope, receive, send)

    return Doorkeeper(page, caller=lambda scope, session: Caller(http, address="192.168.1.7", session=session))

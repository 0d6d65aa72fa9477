"""Who may send a request at all: the host's name and the page behind it."""

from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webui.guard import Guard, host_name, is_address, origin_refusal, same_host

HEARTH = {"host": "hearth.local", "origin": "https://hearth.local"}


async def test_a_foreign_host_name_is_refused_with_421() -> None:
    answer = await ask("https://attacker.example/")

    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "wrong_host"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat", "/api/chats"])
async def test_a_refusal_is_told_in_the_form_that_the_program_reads(path: str) -> None:
    told = (await ask(f"https://attacker.example{path}")).json()

    match path:
        case "/v1/chat/completions":
            assert told["error"] | {"message": ""} == {
                "message": "",
                "type": "invalid_request_error",
                "param": None,
                "code": "wrong_host",
            }
        case "/v1/messages":
            assert (told["type"], told["error"]["type"]) == ("error", "invalid_request_error")
        case "/api/chat":
            assert isinstance(told["error"], str)
        case _:
            assert told["error"]["code"] == "wrong_host"


@pytest.mark.parametrize(
    "url",
    [
        "https://hearth/",
        "https://hearth.local/",
        "https://HEARTH.local./",
        "https://localhost:8443/",
        "https://192.168.1.20/",
        "https://[fd00::1]:8443/",
    ],
)
async def test_the_nodes_own_names_and_addresses_are_answered(url: str) -> None:
    answer = await ask(url)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["", "hearth.local/evil", "a@hearth.local", "hearth.local:x", "hearth local", "?", "["]
)
def test_a_malformed_host_is_nobodys_name(host: str) -> None:
    assert host_name(host) is None


@pytest.mark.parametrize(
    "name", ["attacker.example", "127.0.0.1.attacker.example", "0x7f000001.example", "localhost.example"]
)
def test_a_name_that_only_looks_like_an_address_is_a_name(name: str) -> None:
    assert not is_address(name)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "https://hearth.local:444", "https://hearth.local.evil"]
)
async def test_csrf_from_a_foreign_origin_is_refused(method: str, origin: str) -> None:
    answer = await ask("https://hearth.local/api/documents", method=method, origin=origin)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "foreign_origin"


async def test_csrf_without_an_origin_is_caught_by_fetch_metadata() -> None:
    answer = await ask("https://hearth.local/login", method="POST", **{"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403


async def test_a_program_without_origin_may_use_the_api() -> None:
    answer = await ask("https://hearth.local/api/ask", method="POST")

    assert answer.status_code == 200


async def test_our_own_page_may_post() -> None:
    answer = await ask("https://hearth.local/login", method="POST", origin="https://hearth.local")

    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["https://attacker.example", None])
def test_a_cross_origin_socket_is_refused(origin: str | None) -> None:
    headers = {"host": "hearth.local"} | ({"origin": origin} if origin else {})

    assert origin_refusal("websocket", "GET", "/_nicegui_ws/socket.io/", headers) is not None


def test_our_own_page_may_open_its_socket() -> None:
    assert origin_refusal("websocket", "GET", "/_nicegui_ws/socket.io/", HEARTH) is None


def test_a_cross_origin_poll_of_the_socket_is_refused() -> None:
    """NiceGUI's socket also speaks plain GET, which browsers send across origins."""
    foreign = HEARTH | {"origin": "https://attacker.example"}

    assert origin_refusal("http", "GET", "/_nicegui_ws/socket.io/", foreign) is not None
    assert origin_refusal("http", "GET", "/_nicegui_ws/socket.io/", HEARTH) is None


async def test_a_refused_socket_is_closed_before_it_opens() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/_nicegui_ws/",
        "headers": [(b"host", b"hearth"), (b"origin", b"https://evil")],
    }
    await guarded()(scope, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_a_stranger_cant_choose_how_the_node_sees_itself() -> None:
    answer = await ask(
        "https://hearth.local/", **{"x-forwarded-prefix": "//evil", "x-forwarded-for": "1.2.3.4", "accept": "a/b"}
    )

    assert "accept" in answer.json()
    assert not [name for name in answer.json() if name.startswith("x-forwarded")]


def test_an_origin_without_a_scheme_we_know_matches_no_host() -> None:
    assert not same_host("file://hearth.local", "hearth.local")
    assert not same_host("null", "null")


async def ask(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=guarded())) as browser:
        return await browser.request(method, url, headers=headers)


def guarded() -> ASGIApp:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        names: list[Any] = [name.decode() for name, _ in scope["headers"]]
        await JSONResponse(names)(scope, receive, send)

    async def own_name(name: str) -> bool:
        return name in {"hearth", "hearth.local"}

    return Guard(echo, own_name=own_name)

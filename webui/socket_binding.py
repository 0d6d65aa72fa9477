"""Binds NiceGUI's socket to the session that loaded the page.

NiceGUI takes any event that names a page's id. Here an event counts only from a socket that is in that page's room,
and a socket gets into the room only with the very session cookie that the page was loaded with. The door in front
(`doorkeeper.py`) has already asked the assistant whether that session is still good.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from nicegui import Client, core

from webui.doorkeeper import session_of

# What a page's socket may send; each names the page by `client_id`.
PAGE_EVENTS = ("event", "javascript_response", "ack", "log")
# A page of another session is treated as one that does not exist: NiceGUI then tells the browser to load it afresh.
UNKNOWN_PAGE = "implicit_handshake=true&client_id=unknown"


def bind() -> None:
    """Put the checks in front of NiceGUI's own socket handlers; once a process."""
    handlers: dict[str, Callable[..., Any]] = core.sio.handlers["/"]
    for event in PAGE_EVENTS:
        handlers[event] = _only_from_its_page(handlers[event])
    handlers["connect"] = _only_with_its_session(handlers["connect"], unknown_page={"QUERY_STRING": UNKNOWN_PAGE})
    handlers["handshake"] = _only_with_its_session(handlers["handshake"], unknown_page={"client_id": "unknown"})


def _only_from_its_page(handler: Callable[..., Any]) -> Callable[..., Any]:
    def checked(sid: str, message: dict[str, Any]) -> Any:
        return handler(sid, message) if message.get("client_id") in core.sio.rooms(sid) else None

    return checked


def _only_with_its_session(handler: Callable[..., Any], *, unknown_page: dict[str, str]) -> Callable[..., Any]:
    async def checked(sid: str, data: dict[str, Any], *rest: Any) -> Any:
        environ = core.sio.get_environ(sid) or {}
        page = Client.instances.get(page_id(data))
        if page is not None and not same_session(page, environ.get("asgi.scope", {})):
            data = {**data, **unknown_page}
        return await handler(sid, data, *rest)

    return checked


def page_id(data: dict[str, Any]) -> str:
    """The page that a handshake names, in its own field or in the socket's query."""
    named = data.get("client_id") or parse_qs(str(data.get("QUERY_STRING", ""))).get("client_id", [""])[0]
    return str(named)


def same_session(page: Client, scope: dict[str, Any]) -> bool:
    """Whether a socket brings the session that the page was loaded with."""
    loaded_with = session_of(page.request.scope)
    return loaded_with is not None and "headers" in scope and session_of(scope) == loaded_with

"""Lets only a logged-in person to the pages and their sockets; everybody else is shown the door they need.

A page that is added later is behind this door without asking for it: what is public is listed, not what is private.
"""

import logging
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webui.assistant_client import SESSION_COOKIE, Caller
from webui.entrance import waiting_page
from webui.errors import AssistantAwayError, RefusedError
from webui.guard import Refusal, refuse
from webui.invited import token_in, with_token

log = logging.getLogger(__name__)

# /api, /v1 and /dav have the assistant's own door. /_nicegui is the library's scripts and styles, the same anywhere.
PUBLIC_PREFIXES = ("/api/", "/v1/", "/dav/", "/static/", "/_nicegui/")
PUBLIC_PATHS = frozenset({"/login", "/setup", "/join", "/new-password", "/restore", "/favicon.ico"})
SOCKET_PREFIX = "/_nicegui_ws"
PERSON_KEY = "hearth.person"

NOT_LOGGED_IN = Refusal(status=401, code="not_logged_in", message="Log in first, then open this page again.")

NewCaller = Callable[[Scope, str | None], Caller]


class Doorkeeper:
    """Pure-ASGI middleware that asks the assistant who holds the session of a page or a socket."""

    def __init__(self, app: ASGIApp, *, caller: NewCaller) -> None:
        self.app = app
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the person in the scope, or show the way to the right form."""
        if scope["type"] == "lifespan" or is_public(scope["path"]):
            await self.app(scope, receive, send)
            return
        if is_heartbeat(scope):
            await _answer(Response(), scope, receive, send)
            return
        caller = self._caller(scope, session_of(scope))
        try:
            person = await caller.me()
        except AssistantAwayError as error:
            await _answer(HTMLResponse(waiting_page(str(error)), 503, {"Retry-After": "3"}), scope, receive, send)
        except RefusedError as error:
            if error.status != 401:
                log.warning("the assistant refused to say who is calling, status %d", error.status)
            await _answer(await _way_in(caller, scope), scope, receive, send)
        else:
            await self.app({**scope, PERSON_KEY: person}, receive, send)


def is_heartbeat(scope: Scope) -> bool:
    """Whether a program only asks if somebody is there, as Ollama's do before all else; it learns nothing more."""
    return (scope["type"], scope.get("method"), scope["path"]) == ("http", "HEAD", "/")


def is_public(path: str) -> bool:
    """Whether a stranger may fetch this path."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)


def session_of(scope: Scope) -> str | None:
    """The session's secret from the request's cookie."""
    for name, value in scope["headers"]:
        if name.lower() == b"cookie":
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(SESSION_COOKIE)
            except CookieError:
                continue
            if morsel and morsel.value:
                return morsel.value
    return None


async def _way_in(caller: Caller, scope: Scope) -> Response:
    try:
        health = await caller.health()
    except (AssistantAwayError, RefusedError) as error:
        return HTMLResponse(waiting_page(str(error)), 503, {"Retry-After": "3"})
    token = token_in(QueryParams(scope.get("query_string", b""))) if scope["path"] == "/nodes" else ""
    way = with_token("/login", token) if health.claimed else "/setup"
    return RedirectResponse(way, 303, {"Cache-Control": "no-store"})


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" or scope["path"].startswith(SOCKET_PREFIX):
        await refuse(NOT_LOGGED_IN, scope, receive, send)
    else:
        await response(scope, receive, send)

"""Decides which requests and sockets may enter at all: the right host name, and no foreign page behind them.

Whether a *person* may enter is `doorkeeper.py`'s question.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.api.dialects import dialect_of, refusal_body

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A stranger must not choose how this node sees itself or its callers.
UNTRUSTED_HEADERS = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-prefix", b"x-forwarded-proto", b"x-real-ip"}
)

OwnName = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request may not enter; told in the form of the dialect that was spoken."""

    status: int
    code: str
    message: str


WRONG_HOST = Refusal(
    status=421,
    code="wrong_host",
    message="This node does not answer under that name. Use its .local name or its IP address.",
)
FOREIGN_ORIGIN = Refusal(
    status=403,
    code="foreign_origin",
    message="This request came from another site’s page and was refused. Open Hearth itself and try again.",
)


class Guard:
    """Pure-ASGI middleware that refuses foreign host names and foreign origins, for HTTP and WebSocket alike."""

    def __init__(self, app: ASGIApp, *, own_name: OwnName) -> None:
        self.app = app
        self._own_name = own_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the refusal."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        raw: list[tuple[bytes, bytes]] = list(scope["headers"])
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
        refused = None if await self._is_own(headers.get("host", "")) else WRONG_HOST
        refused = refused or origin_refusal(scope["type"], scope.get("method", "GET"), scope["path"], headers)
        if refused:
            await refuse(refused, scope, receive, send)
            return
        kept = [(name, value) for name, value in raw if name.lower() not in UNTRUSTED_HEADERS]
        await self.app({**scope, "headers": kept}, receive, send)

    async def _is_own(self, host: str) -> bool:
        name = host_name(host)
        return name is not None and (is_address(name) or name == "localhost" or await self._own_name(name))


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with the refusal's sentence; a socket is closed before it opens, which is HTTP 403."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        return
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    dialect = dialect_of(scope["path"], headers)
    content = refusal_body(dialect, refusal.status, refusal.code, refusal.message)
    await JSONResponse(content, status_code=refusal.status)(scope, receive, send)


def host_name(host: str) -> str | None:
    """The lower-case name or bare address in a `Host` header (RFC 9110 §7.2), None where it is malformed."""
    if not host or any(sign in host for sign in "/\\@?# \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname.removesuffix(".") if parts.hostname else None


def is_address(name: str) -> bool:
    """Whether `name` is an IP address; a page of another site can't make a browser send one that leads here."""
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def origin_refusal(kind: str, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
    """Refuse what a foreign page could have sent: unsafe methods, every WebSocket, all of NiceGUI's socket.

    Browsers put `Origin` on all unsafe requests and all WebSockets; a program with a token sends none, and needs none
    for plain HTTP. NiceGUI's socket accepts any origin, so its polling GETs are held to `Sec-Fetch-Site` as well.
    """
    socket = kind == "websocket"
    if not socket and method in SAFE_METHODS and not path.startswith("/_nicegui_ws"):
        return None
    origin = headers.get("origin")
    if origin is None:
        return FOREIGN_ORIGIN if socket or headers.get("sec-fetch-site", "same-origin") != "same-origin" else None
    return None if same_host(origin, headers.get("host", "")) else FOREIGN_ORIGIN


def same_host(origin: str, host: str) -> bool:
    """Whether an `Origin` names the same host and port as `Host`, over TLS or, in development, without."""
    parts = urlsplit(origin)
    return parts.scheme in {"https", "http"} and bool(host) and parts.netloc.lower() == host.lower()

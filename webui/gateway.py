"""Passes `/api/*` and `/v1/*` on to the assistant's Unix socket, streaming both ways and adding only who calls."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firmware.sockets import Limits, UnixTransport
from webui.errors import AssistantAwayError, ClientGoneError
from webui.guard import Refusal, refuse

log = logging.getLogger(__name__)

# RFC 9110 §7.6.1; what `Connection` names is dropped as well.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
MODEL_DOORS = re.compile(r"/api/models|/api/blobs/[^/]+|/api/updates")
"""Where models come in, and updates of the system, which are as large."""
CLIENT_HEADER = b"x-hearth-client"
_PATIENT: Limits = {"connect": 5.0, "pool": 30.0, "write": 60.0, "read": None}
"""No read deadline: a small model on an old PC may think for minutes, and the caller can always leave."""

UNLIMITED = frozenset({"/api/restore"})
_ANY_SIZE = 1 << 62
TOO_LARGE = Refusal(
    status=413,
    code="too_large",
    message="That file is larger than this node accepts. Split it or choose a smaller one.",
)
AWAY = Refusal(status=503, code="assistant_away", message=str(AssistantAwayError()))
BROKE_OFF = Refusal(
    status=502,
    code="assistant_broke_off",
    message="The assistant broke off before it answered. Try again; what you sent may have arrived.",
)


API_DOORS = ("/api", "/v1", "/dav")
"""What belongs to the assistant: our own API with Ollama's, those of OpenAI and Anthropic, and the network folder."""
_BELOW = tuple(f"{door}/" for door in API_DOORS)


class _BodyTooLargeError(Exception):
    """The body grew past the limit while it streamed."""


@dataclass(slots=True)
class _Progress:
    answering: bool = False


class Gateway:
    """An ASGI app that is the assistant's API, as seen from outside."""

    def __init__(self, way: UnixTransport, *, max_body_bytes: int, max_model_bytes: int) -> None:
        """`way` leads to the assistant. What a client does beyond it (cookies, redirects) is the caller's."""
        self._way = way
        self._max_body_bytes = max_body_bytes
        self._max_model_bytes = max_model_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request; a caller who leaves takes the request to the assistant along."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        limit_bytes = self._limit_of(scope)
        if declared_length(scope) > limit_bytes:
            await refuse(TOO_LARGE, scope, receive, send)
            return
        progress = _Progress()
        try:
            await self._exchange(scope, receive, send, progress, limit_bytes)
        except ClientGoneError:
            log.info("a caller left before the answer was complete")
        except _BodyTooLargeError:
            await refuse(TOO_LARGE, scope, receive, send)
        except httpx.ConnectError:
            await refuse(AWAY, scope, receive, send)
        except httpx.HTTPError:
            # Once the answer has begun its status can't change: ending without the last chunk tells the caller.
            if progress.answering:
                raise
            await refuse(BROKE_OFF, scope, receive, send)

    def _limit_of(self, scope: Scope) -> int:
        # A backup is as large as a household; the assistant lets nobody bring one to a box that has an owner. Models
        # and updates are larger than any other file; the assistant lets only the owner send one.
        if scope["path"] in UNLIMITED:
            return _ANY_SIZE
        brings_model = scope["method"] in {"PUT", "POST"} and MODEL_DOORS.fullmatch(scope["path"])
        return self._max_model_bytes if brings_model else self._max_body_bytes

    async def _exchange(
        self, scope: Scope, receive: Receive, send: Send, progress: _Progress, limit_bytes: int
    ) -> None:
        uploaded = asyncio.Event()
        body = self._body(receive, uploaded, limit_bytes) if has_body(scope) else None
        if body is None:
            uploaded.set()
        exchange = asyncio.create_task(self._forward(scope, body, send, progress))
        watch = asyncio.create_task(_until_gone(receive, uploaded))
        try:
            await asyncio.wait({exchange, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not exchange.done():
                raise ClientGoneError
            await exchange
        finally:
            for task in (exchange, watch):
                task.cancel()
            await asyncio.gather(exchange, watch, return_exceptions=True)

    async def _body(self, receive: Receive, uploaded: asyncio.Event, limit_bytes: int) -> AsyncIterator[bytes]:
        total = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            piece: bytes = message.get("body", b"")
            total += len(piece)
            if total > limit_bytes:
                raise _BodyTooLargeError
            if piece:
                yield piece
            if not message.get("more_body", False):
                uploaded.set()
                return

    async def _forward(self, scope: Scope, body: AsyncIterator[bytes] | None, send: Send, progress: _Progress) -> None:
        headers = upstream_headers(scope)
        if body is not None and not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        method = scope["method"].encode("ascii")
        answer = await self._way.exchanged(method, _target(scope), headers, body or b"", _PATIENT)
        async with aclosing(answer):
            start: Message = {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [one for one in _end_to_end(answer.headers) if one[0].lower() != b"date"],  # ours is told
            }
            progress.answering = True
            await send(start)
            async for piece in answer:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


class ApiDoors:
    """Pure-ASGI middleware that sends what is the assistant's to the gateway, ahead of everything that serves pages."""

    def __init__(self, app: ASGIApp, *, gateway: ASGIApp) -> None:
        self.app = app
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, one way or the other."""
        is_api = scope["type"] != "lifespan" and (scope["path"] in API_DOORS or scope["path"].startswith(_BELOW))
        await (self._gateway if is_api else self.app)(scope, receive, send)


def declared_length(scope: Scope) -> int:
    """The `Content-Length` of a request, 0 where there is none or none that is a number."""
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


def has_body(scope: Scope) -> bool:
    """Whether the request brings a body (RFC 9112 §6)."""
    return declared_length(scope) > 0 or b"transfer-encoding" in dict(scope["headers"])


def upstream_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The caller's headers for the assistant: end-to-end ones, and the caller's address as we saw it."""
    caller = scope.get("client")
    address = caller[0] if caller else "unknown"
    kept = [(name, value) for name, value in _end_to_end(scope["headers"]) if name.lower() != CLIENT_HEADER]
    return [*kept, (CLIENT_HEADER, address.encode("ascii", "replace"))]


def _end_to_end(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    named = {
        part.strip().lower() for name, value in headers if name.lower() == b"connection" for part in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP | named]


def _target(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path


async def _until_gone(receive: Receive, uploaded: asyncio.Event) -> None:
    await uploaded.wait()
    while (await receive())["type"] != "http.disconnect":
        pass

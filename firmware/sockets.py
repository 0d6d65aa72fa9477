"""Ways to HTTP servers on Unix sockets, as httpx's transports.

A request between our own daemons takes about 1 ms of processor time with httpx's own transport, and less than half of
that with this one: no pool, no library between it and asyncio, no certificates that nobody looks at on such a socket.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, cast

import httpx

from firmware import http_wire
from firmware.http_wire import Headers

MOST_CONNECTIONS: Final = 256
_PIECE_BYTES: Final = 65536
_FULL_LINE_SECONDS: Final = 0.005
"""Between two tries, where more wait to be let in than the server has room for."""

_WRONG_LENGTH: Final = "a request's body is not as long as its headers say"

Limits = Mapping[str, float | None]
"""Seconds by httpx's names: `connect`, `read`, `write`, `pool`; None waits for ever."""


class UnixTransport(httpx.AsyncBaseTransport):
    """A transport for `httpx.AsyncClient` to what listens on this socket, with a connection of its own a request.

    None is kept: servers close idle ones, and a request that meets that moment is lost. Keeping them was tried, and
    no word came sooner. Raises httpx's errors.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the whole request and return the answer's head; its body is read as it is asked for."""
        exchange = await self.exchanged(
            request.method.encode("ascii"),
            request.url.raw_path,
            request.headers.raw,
            cast("httpx.AsyncByteStream", request.stream),
            request.extensions.get("timeout", {}),
        )
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=exchange,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": exchange.reason},
        )

    async def exchanged(
        self, method: bytes, target: bytes, headers: Headers, body: AsyncIterable[bytes] | bytes, limits: Limits
    ) -> "Exchange":
        """The same without httpx's objects, which take longer to make than to send; whoever asks closes the answer."""
        head = http_wire.head_of(method, target, headers)
        with _told_as(httpx.PoolTimeout, httpx.ConnectError):
            async with asyncio.timeout(limits.get("pool")):
                await self._free.acquire()
        exchange = Exchange(limits, self._free, has_body=method != b"HEAD")
        try:
            await exchange.connect(self._path)
            await exchange.send(head, body, http_wire.declared_bytes(headers))
            await exchange.headed()
        except BaseException:
            await exchange.aclose()
            raise
        return exchange


class Exchange(httpx.AsyncByteStream):
    """One request and its answer, whose body it iterates over; the connection ends with them.

    A bare socket, since asyncio's streams throw away what was answered before the server stopped listening.
    """

    def __init__(self, limits: Limits, free: asyncio.Semaphore, *, has_body: bool) -> None:
        """`has_body` is false for the answer to HEAD."""
        self._limits = limits
        self._free = free
        self._loop = asyncio.get_running_loop()
        self._opened: socket.socket | None = None
        self._answer = http_wire.Answer(has_body=has_body)
        self._is_open = True

    @property
    def status(self) -> int:
        """The answer's status."""
        return self._answer.status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The answer's headers, as they came."""
        return self._answer.headers

    @property
    def reason(self) -> bytes:
        """The answer's reason phrase."""
        return self._answer.reason

    async def connect(self, path: str) -> None:
        """Reach the server."""
        with _told_as(httpx.ConnectTimeout, httpx.ConnectError):
            async with asyncio.timeout(self._limits.get("connect")):
                self._opened = await connected(path)

    async def send(self, head: bytes, body: AsyncIterable[bytes] | bytes, declared: int | None) -> None:
        """Send a request, as far as the server listens; without a declared length the body goes in chunks."""
        waiting, sent = head, 0
        async for piece in _pieces(body):
            sent += len(piece)
            if declared is not None and sent > declared:
                raise httpx.LocalProtocolError(_WRONG_LENGTH)
            waiting += http_wire.chunk(piece) if declared is None else piece
            if not await self._sent(waiting):
                return
            waiting = b""
        if declared is None:
            waiting += http_wire.LAST_CHUNK
        elif sent < declared:
            raise httpx.LocalProtocolError(_WRONG_LENGTH)
        if waiting:
            await self._sent(waiting)

    async def headed(self) -> None:
        """Wait for the answer's head."""
        while not self._answer.is_headed:
            await self._receive()

    async def whole(self) -> bytes:
        """All of the answer's body."""
        return b"".join([piece async for piece in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer = self._answer
        while True:
            while answer.pieces:
                yield answer.pieces.popleft()
            if answer.is_whole:
                return
            await self._receive()

    async def aclose(self) -> None:
        """End the connection."""
        if self._is_open:
            self._is_open = False
            self._answer.close()
            if self._opened is not None:
                self._opened.close()
            self._free.release()

    @property
    def _socket(self) -> socket.socket:
        if self._opened is None:
            raise RuntimeError("not connected")
        return self._opened

    async def _sent(self, piece: bytes) -> bool:
        """Whether the server still listens; one that has heard enough may have answered already."""
        try:
            with _told_as(httpx.WriteTimeout, httpx.WriteError):
                async with asyncio.timeout(self._limits.get("write")):
                    await self._loop.sock_sendall(self._socket, piece)
        except httpx.WriteError:
            return False
        return True

    async def _receive(self) -> None:
        with _told_as(httpx.ReadTimeout, httpx.ReadError):
            async with asyncio.timeout(self._limits.get("read")):
                came = await self._loop.sock_recv(self._socket, _PIECE_BYTES)
        self._answer.feed(came)


async def _pieces(body: AsyncIterable[bytes] | bytes) -> AsyncIterator[bytes]:
    """What there is of a body, in pieces that are not empty: an empty chunk would end it."""
    if isinstance(body, bytes):
        if body:
            yield body
        return
    async for piece in body:
        if piece:
            yield piece


async def connected(path: str) -> socket.socket:
    """A connection that never blocks; a server's full line is waited in. Raises OSError."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        while not _is_connected(opened, path):  # noqa: ASYNC110 - the kernel tells nobody when there is room
            await asyncio.sleep(_FULL_LINE_SECONDS)
    except BaseException:
        opened.close()
        raise
    return opened


def blocking_way_to(path: Path) -> httpx.HTTPTransport:
    """A transport for `httpx.Client` to what listens on this socket."""
    return httpx.HTTPTransport(uds=str(path), verify=_trusting_nobody())


@cache
def _trusting_nobody() -> ssl.SSLContext:
    """httpx's own reads every authority of the world for each transport: 30 ms of processor time on a 2020s PC."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_connected(opened: socket.socket, path: str) -> bool:
    """A Unix socket connects at once or not at all; asyncio would take a server's full line for a connection."""
    try:
        opened.connect(path)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _told_as(late: type[httpx.TimeoutException], broken: type[httpx.NetworkError]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error

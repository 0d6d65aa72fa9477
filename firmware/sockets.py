"""Ways to HTTP servers on Unix sockets, as httpx's transports.

A request between our own daemons takes about 1 ms of processor time with httpx's own transport, and less than half of
that with this one: no pool, no library between it and asyncio, no certificates that nobody looks at on such a socket.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import h11
import httpx

MOST_CONNECTIONS: Final = 256
_PIECE_BYTES: Final = 65536
_FULL_LINE_SECONDS: Final = 0.005
"""Between two tries, where more wait to be let in than the server has room for."""

Limits = Mapping[str, float | None]
"""Seconds by httpx's names: `connect`, `read`, `write`, `pool`; None waits for ever."""


class UnixTransport(httpx.AsyncBaseTransport):
    """A transport for `httpx.AsyncClient` to what listens on this socket, with a connection of its own a request.

    None is kept: servers close idle ones, and a request that meets that moment is lost. Raises httpx's errors.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the whole request and return the answer's head; its body is read as it is asked for."""
        limits: Limits = request.extensions.get("timeout", {})
        with _told_as(httpx.PoolTimeout, httpx.ConnectError):
            async with asyncio.timeout(limits.get("pool")):
                await self._free.acquire()
        exchange = _Exchange(limits, self._free)
        async with AsyncExitStack() as unless_answered:
            unless_answered.push_async_callback(exchange.aclose)
            await exchange.connect(self._path)
            await exchange.send(request)
            answer = await exchange.head()
            unless_answered.pop_all()
        return answer


class _Exchange(httpx.AsyncByteStream):
    """One request and its answer; the connection ends with them.

    A bare socket, since asyncio's streams throw away what was answered before the server stopped listening.
    """

    def __init__(self, limits: Limits, free: asyncio.Semaphore) -> None:
        self._limits = limits
        self._free = free
        self._loop = asyncio.get_running_loop()
        self._opened: socket.socket | None = None
        self._wire = h11.Connection(h11.CLIENT)
        self._is_open = True

    @property
    def _socket(self) -> socket.socket:
        if self._opened is None:
            raise RuntimeError("not connected")
        return self._opened

    async def connect(self, path: str) -> None:
        with _told_as(httpx.ConnectTimeout, httpx.ConnectError):
            async with asyncio.timeout(self._limits.get("connect")):
                self._opened = await connected(path)

    async def send(self, request: httpx.Request) -> None:
        body = cast("httpx.AsyncByteStream", request.stream)
        with _told_as_protocol():
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            waiting = self._wire.send(head)
        async for piece in body:
            with _told_as_protocol():
                waiting += self._wire.send(h11.Data(data=piece))
            if not await self._sent(waiting):
                return
            waiting = b""
        with _told_as_protocol():
            waiting += self._wire.send(h11.EndOfMessage())
        await self._sent(waiting)

    async def head(self) -> httpx.Response:
        while not isinstance(event := await self._next(), h11.Response):
            pass  # 1xx: the answer is still to come
        return httpx.Response(
            event.status_code,
            headers=event.headers.raw_items(),
            stream=self,
            extensions={"http_version": b"HTTP/" + event.http_version, "reason_phrase": event.reason},
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        if self._is_open:
            self._is_open = False
            if self._opened is not None:
                self._opened.close()
            self._free.release()

    async def _sent(self, piece: bytes) -> bool:
        """Whether the server still listens; one that has heard enough may have answered already."""
        try:
            with _told_as(httpx.WriteTimeout, httpx.WriteError):
                async with asyncio.timeout(self._limits.get("write")):
                    await self._loop.sock_sendall(self._socket, piece)
        except httpx.WriteError:
            return False
        return True

    async def _next(self) -> Any:
        while True:
            with _told_as_protocol():
                event = self._wire.next_event()
            if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                message = "the server ended the answer in the middle"
                raise httpx.RemoteProtocolError(message)
            if event is not h11.NEED_DATA:
                return event
            with _told_as(httpx.ReadTimeout, httpx.ReadError):
                async with asyncio.timeout(self._limits.get("read")):
                    came = await self._loop.sock_recv(self._socket, _PIECE_BYTES)
            if not came and self._wire.their_state is h11.SEND_RESPONSE:
                message = "the server left without an answer"
                raise httpx.RemoteProtocolError(message)
            self._wire.receive_data(came)


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


@contextmanager
def _told_as_protocol() -> Iterator[None]:
    try:
        yield
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error

"""The sandboxes in which this node computes for others: systemd's `hearth-rpc@`, or a child that shuts itself in."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from assistant.errors import ParserUnavailableError
from assistant.parser.client import Transport
from mesh.errors import LendingRefusedError

START_SECONDS: Final = 40.0
CONNECT_SECONDS: Final = 10.0
LONGEST_LINE: Final = 400
Lend = Callable[[int], AbstractAsyncContextManager[None]]


class RpcBox:
    """One sandbox; the other end of this socket is `services/run_rpc.py`."""

    def __init__(self, connection: socket.socket) -> None:
        self.ended = asyncio.Event()
        self._connection = connection
        self._asking = asyncio.Lock()
        self._coming: asyncio.Future[socket.socket] | None = None

    async def connected(self) -> socket.socket:
        """See `Box.connected`."""
        async with self._asking:
            if self.ended.is_set():
                raise LendingRefusedError("has ended the lease")
            self._coming = asyncio.get_running_loop().create_future()
            try:
                self._connection.send(b"c")
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._coming
            except (OSError, TimeoutError) as error:
                raise LendingRefusedError("cannot compute now") from error
            finally:
                self._coming = None

    def listen(self) -> None:
        """From now on take what the sandbox hands over, and see when it ends."""
        asyncio.get_running_loop().add_reader(self._connection, self._readable)

    def deafen(self) -> None:
        """No more of that."""
        asyncio.get_running_loop().remove_reader(self._connection)

    def _readable(self) -> None:
        try:
            told, descriptors, _, _ = socket.recv_fds(self._connection, 1, 4)
        except BlockingIOError:
            return
        except OSError:
            told, descriptors = b"", []
        handed = [socket.socket(fileno=one) for one in descriptors]
        for one in handed:
            one.setblocking(False)
        if handed and self._coming is not None and not self._coming.done():
            self._coming.set_result(handed.pop(0))
        for one in handed:
            one.close()
        if not told:
            self.deafen()
            self.ended.set()
            if self._coming is not None and not self._coming.done():
                self._coming.set_exception(OSError("the sandbox has ended"))


class RpcBoxes:
    """Makes them."""

    def __init__(self, transport: Transport, *, lend: Lend, threads: int) -> None:
        """`lend` keeps memory free for the time of a block."""
        self._transport = transport
        self._lend = lend
        self._threads = threads

    @asynccontextmanager
    async def opened(self, memory_bytes: int) -> AsyncIterator[RpcBox]:
        """See `Boxes.opened`."""
        async with self._lend(memory_bytes):
            try:
                with self._transport.connect() as connection:
                    async with self._begun(connection, memory_bytes) as box:
                        yield box
            except ParserUnavailableError as error:
                raise LendingRefusedError("cannot start a sandbox for the work of others") from error

    @asynccontextmanager
    async def _begun(self, connection: socket.socket, memory_bytes: int) -> AsyncIterator[RpcBox]:
        asked = json.dumps({"memory_bytes": memory_bytes, "threads": self._threads}).encode() + b"\n"
        connection.setblocking(False)
        answer = await _answer(connection, asked)
        if answer != "ready":
            reason = answer.removeprefix("refused: ")
            raise LendingRefusedError(f"cannot lend its memory: {reason}" if reason else "cannot lend its memory")
        box = RpcBox(connection)
        box.listen()
        try:
            yield box
        finally:
            box.deafen()
            await _over(connection)


async def _answer(connection: socket.socket, asked: bytes) -> str:
    loop = asyncio.get_running_loop()
    line = b""
    try:
        async with asyncio.timeout(START_SECONDS):
            await loop.sock_sendall(connection, asked)
            while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                piece = await loop.sock_recv(connection, 1)
                if not piece:
                    break
                line += piece
    except (OSError, TimeoutError):
        return ""
    return line.decode("utf-8", "replace").strip()


async def _over(connection: socket.socket) -> None:
    """Wait until the sandbox is gone: the next lease gets a fresh one."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, TimeoutError):
        connection.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(CONNECT_SECONDS):
            while await loop.sock_recv(connection, 64):
                pass

"""The sandboxes in which this node computes for others: systemd's `hearth-rpc@`, or a child that shuts itself in."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from assistant.errors import ParserUnavailableError
from assistant.parser.client import Transport
from mesh.errors import LendingRefusedError
from services.run_rpc import PORT
from services.sandbox_lines import ended, line_from

START_SECONDS: Final = 40.0
CONNECT_SECONDS: Final = 10.0
Lend = Callable[[int], AbstractAsyncContextManager[None]]


class RpcBox:
    """One sandbox; the other end of this socket is `services/run_rpc.py`."""

    def __init__(self, connection: socket.socket) -> None:
        self.ended = asyncio.Event()
        self.port = PORT
        self._connection = connection
        self._asking = asyncio.Lock()
        self._coming: asyncio.Future[int] | None = None

    async def connected(self) -> socket.socket:
        """See `Box.connected`."""
        connection = socket.socket(fileno=await self._handed(b"c"))
        connection.setblocking(False)
        return connection

    async def network(self) -> int:
        """See `Box.network`."""
        return await self._handed(b"n")

    async def _handed(self, what: bytes) -> int:
        async with self._asking:
            if self.ended.is_set():
                raise LendingRefusedError("has ended the lease")
            self._coming = asyncio.get_running_loop().create_future()
            try:
                self._connection.send(what)
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
        if descriptors and self._coming is not None and not self._coming.done():
            self._coming.set_result(descriptors.pop(0))
        for one in descriptors:
            os.close(one)
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
        try:
            await asyncio.get_running_loop().sock_sendall(connection, asked)
        except OSError as error:
            raise LendingRefusedError("cannot lend its memory") from error
        answer = await line_from(connection, seconds=START_SECONDS)
        if answer != "ready":
            reason = answer.removeprefix("refused: ")
            raise LendingRefusedError(f"cannot lend its memory: {reason}" if reason else "cannot lend its memory")
        box = RpcBox(connection)
        box.listen()
        try:
            yield box
        finally:
            box.deafen()
            await ended(connection)  # the next lease gets a fresh one

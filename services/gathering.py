"""Lets what is said at one moment go out together: each write by itself is a call of the kernel and wakes the reader.

An answer's head and its first piece, and several pieces that came at once, are written one after another by uvicorn.
Two daemons lie between a model and whoever asks it, and each is then woken once for a word rather than twice.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES: Final = 1 << 16
"""More is not gathered: large answers go out as they come, so that whoever writes is held back in time."""


class Gathering:
    """A transport whose writes go out together, once the event loop has done what it is at."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self.transport, name)

    def write(self, piece: bytes) -> None:
        """Write this soon, after what waits already."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            waiting, self._waiting, self._size = b"".join(self._waiting), [], 0
            self.transport.write(waiting)

    def close(self) -> None:
        """Write what waits, then end the connection."""
        self.flush()
        self.transport.close()


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(Gathering(transport))  # type: ignore[arg-type]

    def handle_websocket_upgrade(self) -> None:
        """A socket of NiceGUI's has its own way of writing."""
        gathering: Any = self.transport
        gathering.flush()
        self.transport = gathering.transport
        super().handle_websocket_upgrade()

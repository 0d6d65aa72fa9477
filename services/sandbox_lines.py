"""Speaks with a process behind a socket in lines: what it says first, and that it has ended."""

import asyncio
import contextlib
import socket
from typing import Final

LONGEST_LINE: Final = 400
END_SECONDS: Final = 10.0


async def line_from(connection: socket.socket, *, seconds: float) -> str:
    """Its next line; empty where none comes in time. It is read by single bytes: descriptors may follow it."""
    loop = asyncio.get_running_loop()
    line = b""
    try:
        async with asyncio.timeout(seconds):
            while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                piece = await loop.sock_recv(connection, 1)
                if not piece:
                    break
                line += piece
    except (OSError, TimeoutError):
        return ""
    return line.decode("utf-8", "replace").strip()


async def ended(connection: socket.socket) -> None:
    """Tell it that it is over, and wait until it is gone."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, TimeoutError):
        connection.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(END_SECONDS):
            while await loop.sock_recv(connection, 64):
                pass

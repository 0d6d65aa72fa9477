"""A tiny HTTP server on a Unix socket that says what a test wants, as `llama-server` would say it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tests.unix_server import unix_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(text: str) -> bytes:
    """One streamed piece of an answer, as a chunk of the response."""
    line = f'data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}\n\n'.encode()
    return chunk(line)


def chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


DONE = chunk(b"data: [DONE]\n\n") + chunk(b"")


class FakeServer:
    """Answers each connection with the same bytes; remembers whether the client hung up early."""

    def __init__(self, answer: Sequence[bytes], *, hold_seconds: float = 0.0) -> None:
        self.requests: list[bytes] = []
        self.hung_up = asyncio.Event()
        self._answer = answer
        self._hold_seconds = hold_seconds

    @contextlib.asynccontextmanager
    async def on(self, socket: Path) -> AsyncIterator[None]:
        async with unix_server(socket, self._serve):
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        self.requests.append(head + await reader.readexactly(length))
        for piece in self._answer:
            writer.write(piece)
            await writer.drain()
        if self._hold_seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._hold_seconds):
                    if await reader.read(1) == b"":
                        self.hung_up.set()

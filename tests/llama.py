"""A real `llama-server` on the loopback, as somebody else in the house would run one: started and ended by the test."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from firmware import tied
from services.settings import load
from tests.product import ROOT, free_port

PLACES = load([ROOT / "build" / "places.toml"]).places
START_SECONDS = 120
MODEL = "house-llm"
"""What it calls its model."""


@dataclass
class Llama:
    """One server."""

    port: int
    process: "subprocess.Popen[bytes]"
    key: str = ""

    @property
    def address(self) -> str:
        """As a person types it."""
        return f"127.0.0.1:{self.port}"

    def signal(self, number: int) -> None:
        """To the server itself."""
        os.kill(self.process.pid, number)


@contextlib.contextmanager
def llama(
    *, key: str = "", name: str = MODEL, model: Path = PLACES.models / "chat.gguf", port: int = 0
) -> Iterator[Llama]:
    """A server with one model, which answers when this begins."""
    port = port or free_port()
    command = [
        *(str(PLACES.engine / "llama-server"), "--model", str(model), "--alias", name),
        *("--host", "127.0.0.1", "--port", str(port), "--ctx-size", "4096", "--parallel", "2", "--threads", "1"),
        *("--jinja", "--offline", "--no-slots", "--no-warmup"),
        *(("--api-key", key) if key else ()),
    ]
    process = subprocess.Popen(
        tied.command(signal.SIGKILL, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_ready(port):
            assert process.poll() is None, "llama-server ended"
            assert time.monotonic() < deadline, "llama-server did not come up"
            time.sleep(0.1)
        yield Llama(port=port, process=process, key=key)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


@contextlib.asynccontextmanager
async def answering(answer: bytes, *, status: str = "200 OK", kind: str = "application/json") -> AsyncIterator[int]:
    """Something on the loopback that answers every request with these bytes; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]

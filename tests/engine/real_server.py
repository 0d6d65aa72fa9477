"""A real `llama-server`, started as the product starts it, with the chat template that a test wants to try."""

import contextlib
import signal
import socket as sockets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from assistant.engine.client import LlamaServer
from assistant.engine.command import EngineOptions, command
from assistant.engine.completion import LlamaCompletion
from firmware import tied
from tests.gguf import real_model
from tests.llama import PLACES

KEY = "key"
START_SECONDS = 120


@contextlib.contextmanager
def serving(template: str = "", more: Sequence[str] = ()) -> Iterator[Path]:
    """The socket of a server that answers; without a template the model's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        socket, key_file, file = Path(folder) / "e.sock", Path(folder) / "key", Path(folder) / "chat.jinja"
        key_file.write_text(KEY)
        file.write_text(template)
        options = EngineOptions(
            program=PLACES.engine / "llama-server",
            model=real_model(),
            socket=socket,
            key_file=key_file,
            threads=1,
            batch_threads=1,
            batch=256,
            context_tokens=2048,
            slots=1,
            prompt_cache_mib=0,
        )
        asked = [*command(options), *(("--chat-template-file", str(file)) if template else ()), *more]
        process = Popen(tied.command(signal.SIGKILL, asked), stdout=DEVNULL, stderr=DEVNULL)
        try:
            _wait(socket, process)
            yield socket
        finally:
            process.kill()
            process.wait()


@contextlib.asynccontextmanager
async def client_of(socket: Path) -> AsyncIterator[LlamaCompletion]:
    """The product's own client of such a server."""
    server = LlamaServer(socket=socket, key=KEY)
    completion = LlamaCompletion(socket=socket, key=KEY, server=server)
    try:
        yield completion
    finally:
        await completion.close()
        await server.close()


async def token_of(engine: LlamaCompletion, text: str) -> int:
    """The first token of a text."""
    body = {"content": text, "add_special": False}
    return int((await engine._ask("/tokenize", body))["tokens"][0])


def _wait(socket: Path, process: "Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(socket):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail("llama-server did not come up")
        time.sleep(0.1)


def _is_ready(socket: Path) -> bool:
    with sockets.socket(sockets.AF_UNIX) as asking, contextlib.suppress(OSError):
        asking.settimeout(2)
        asking.connect(str(socket))
        asking.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        return asking.recv(12).endswith(b" 200")
    return False

"""The assistant's side of the embedding process: starts it, asks it, starts it again when it dies."""

import asyncio
import contextlib
import hashlib
import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy
from numpy.typing import NDArray

from assistant.embedding.frames import LENGTH, FrameError, decode_header, encode_frame, header_length
from assistant.errors import EmbedderUnavailableError

log = logging.getLogger(__name__)

# A healthy process on the oldest PC, or on an emulated one, is slower than any that hangs is worth waiting for.
_LOAD_SECONDS: Final = 300.0
_BATCH_SECONDS: Final = 300.0
_QUIET: Final = {"ORT_DISABLE_TELEMETRY": "1"}
"""ONNX Runtime reports its use to its makers unless it is told not to before it is loaded."""
_KEPT_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG")


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> str:
        """Which model it is; vectors of different models do not mix."""
        ...

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        """One row of unit length a text; in a hurry, as somebody waits, on all processors.

        Raises EmbedderUnavailableError.
        """
        ...

    async def close(self) -> None:
        """End it."""
        ...


class EmbeddingProcess:
    """An Embedder in a child process, which is started at the first use and again after it died.

    Callers wait their turn, so whoever embeds a library sends small batches and lets questions in between.
    """

    def __init__(self, command: Sequence[str], model_folder: Path, threads: int = 1) -> None:
        self._command = tuple(command)
        self._model_folder = model_folder
        self._threads = threads
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def model(self) -> str:
        """A mark of the model file: its size and a digest of its first and last bytes."""
        try:
            size_bytes = (self._model_folder / "model.onnx").stat().st_size
            with (self._model_folder / "model.onnx").open("rb") as file:
                digest = hashlib.sha256(file.read(65_536))
                file.seek(-min(size_bytes, 65_536), os.SEEK_END)
                digest.update(file.read())
        except OSError:
            return "none"
        return f"{size_bytes}-{digest.hexdigest()[:16]}"

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        """See `Embedder.embed`; the next call after an error starts a new process."""
        # Shielded: a caller who loses interest must not break off the exchange, which would cost a new process.
        return await asyncio.shield(self._embed(texts, hurry))

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._stop()

    async def _embed(self, texts: Sequence[str], hurry: bool) -> NDArray[numpy.float32]:
        async with self._turn:
            try:
                if self._streams is None:
                    await self._start()
                async with asyncio.timeout(_BATCH_SECONDS):
                    return await self._ask(texts, hurry)
            except (OSError, EOFError, FrameError, TimeoutError, ValueError) as error:
                await self._stop()
                raise EmbedderUnavailableError("the process that computes vectors stopped.") from error

    async def _start(self) -> None:
        if not (self._model_folder / "model.onnx").exists():
            raise EmbedderUnavailableError("the embedding model is not installed.")
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ} | _QUIET,
            )
        self._streams = await asyncio.open_connection(sock=ours)
        load = {"model_folder": str(self._model_folder), "threads": self._threads}
        async with asyncio.timeout(_LOAD_SECONDS):
            await self._exchange(encode_frame(load))
        log.info("embedding process started")

    async def _ask(self, texts: Sequence[str], hurry: bool) -> NDArray[numpy.float32]:
        shape, payload = await self._exchange(encode_frame({"texts": list(texts), "hurry": hurry}))
        return numpy.frombuffer(payload, dtype="<f4").reshape(shape).astype(numpy.float32)

    async def _exchange(self, frame: bytes) -> tuple[tuple[int, int], bytes]:
        if self._streams is None:
            raise EOFError
        reader, writer = self._streams
        writer.write(frame)
        await writer.drain()
        length = header_length(await reader.readexactly(LENGTH.size))
        header, payload_bytes = decode_header(await reader.readexactly(length))
        payload = await reader.readexactly(payload_bytes)
        return (int(header.get("rows", 0)), int(header.get("columns", 0))), payload

    async def _stop(self) -> None:
        streams, self._streams = self._streams, None
        process, self._process = self._process, None
        if streams is not None:
            streams[1].close()
            with contextlib.suppress(OSError):
                await streams[1].wait_closed()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

"""Models that come as files, from a page, a program or a stick: written as they arrive, checked, then taken in."""

import asyncio
import errno
import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from assistant.errors import TookTooLongError
from assistant.models.errors import NoRoomOnDiskError, UnfitModelError
from assistant.models.parts import FreeBytes, ensure_room, free_bytes
from assistant.models.shelf import Known, ModelShelf

_SILENCE_SECONDS: Final = 60.0
_FIRST_BYTES: Final = 4
_CHECKED_BYTES: Final = 64_000_000
"""Written between two looks at the disk."""
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that arrived whole."""

    path: Path
    sha256: str


class Imports:
    """Takes in what the owner hands over."""

    def __init__(self, *, shelf: ModelShelf, free: FreeBytes = free_bytes) -> None:
        self._shelf = shelf
        self._free = free

    def free_name(self, name: str) -> str:
        """The name in its one spelling; raises `ModelNameError` or `ModelExistsError`."""
        return self._shelf.free_name(name)

    async def take(
        self,
        name: str,
        pieces: AsyncIterator[bytes],
        declared_bytes: int,
        *,
        source: str = "an imported file",
        licence: str = "",
    ) -> Known:
        """Keep a model under this name.

        Raises `ModelNameError`, `ModelExistsError`, `NoRoomOnDiskError`, `TookTooLongError` or `UnfitModelError`;
        nothing is kept then.
        """
        name = self._shelf.free_name(name)
        arrived = await self.receive(pieces, declared_bytes)
        try:
            return await asyncio.to_thread(
                self._shelf.add, arrived.path, name=name, sha256=arrived.sha256, licence=licence, source=source
            )
        finally:
            arrived.path.unlink(missing_ok=True)

    async def receive(self, pieces: AsyncIterator[bytes], declared_bytes: int) -> Arrived:
        """Write a file as it comes, to where nobody looks for it. Raises as `take` does."""
        await asyncio.to_thread(ensure_room, self._shelf.incoming, declared_bytes, self._free)
        path = self._shelf.incoming / uuid.uuid4().hex
        try:
            with path.open("xb") as file:
                sha256 = await self._written(file, pieces)
                await asyncio.to_thread(os.fsync, file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Arrived(path=path, sha256=sha256)

    async def _written(self, file: BinaryIO, pieces: AsyncIterator[bytes]) -> str:
        """The SHA-256 of what was written; the disk is looked at now and then, as the sender need not say how much."""
        digest = hashlib.sha256()
        begin, unchecked_bytes = b"", 0
        while (piece := await _next(pieces)) is not None:
            if len(begin) < _FIRST_BYTES:
                begin = (begin + piece)[:_FIRST_BYTES]
                if not b"GGUF".startswith(begin):
                    message = "This is not a GGUF file. Hearth runs models in this format; look for “GGUF”."
                    raise UnfitModelError(message)
            unchecked_bytes += len(piece)
            if unchecked_bytes > _CHECKED_BYTES:
                unchecked_bytes = 0
                await asyncio.to_thread(ensure_room, self._shelf.incoming, 0, self._free)
            await asyncio.to_thread(_write, file, piece)
            digest.update(piece)
        return digest.hexdigest()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            return await anext(pieces, None)
    except TimeoutError as error:
        message = "The model stopped arriving, so nothing was kept. Check the network and send it again."
        raise TookTooLongError(message) from error


def _write(file: BinaryIO, piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        if error.errno in _NO_SPACE:
            message = "The disk became full, so nothing was kept. Delete a model or files, and send it again."
            raise NoRoomOnDiskError(message) from error
        raise

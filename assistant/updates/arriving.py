"""Updates that come as a stream of bytes, from a page, a program or a stick: written as they come, then taken."""

import asyncio
import hashlib
import io
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from assistant.updates.errors import UpdateStoppedComingError
from assistant.updates.room import told_when_full
from assistant.updates.updates import Kept, Told, Updates
from firmware.updates.errors import DamagedUpdateError
from firmware.updates.file import LONGEST_LIST, Opened, opened

HEAD_BYTES: Final = LONGEST_LIST + 128
"""By then the signed list has come, however long it is."""
_SILENCE_SECONDS: Final = 60.0


class Arrivals:
    """Takes what somebody sends."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates

    async def take(self, pieces: AsyncIterator[bytes], declared_bytes: int = 0) -> Kept:
        """Keep an update; `declared_bytes` is what the sender says that it has, 0 where nothing is said.

        Raises `UpdateError`, as soon as the signed list shows that this is none for this box; nothing is kept then.
        """
        path = self._updates.incoming / uuid.uuid4().hex
        try:
            with self._updates.doing("fetching") as told:
                self._updates.refuse_large(declared_bytes)
                with told_when_full():
                    digest = await self._written(path, pieces, declared_bytes, told)
            return await self._updates.take(path, digest)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _written(self, path: Path, pieces: AsyncIterator[bytes], declared_bytes: int, told: Told) -> str:
        with path.open("xb") as file:
            digest = await self._received(file, pieces, declared_bytes, told)
            await asyncio.to_thread(os.fsync, file.fileno())
        return digest

    async def _received(self, file: BinaryIO, pieces: AsyncIterator[bytes], declared_bytes: int, told: Told) -> str:
        """The SHA-256 of what was written, in hex."""
        digest, head, seen = hashlib.sha256(), b"", 0
        known: Opened | None = None
        while (piece := await _next(pieces)) is not None:
            seen += len(piece)
            if known is None:
                head += piece
                if len(head) >= HEAD_BYTES:
                    known = await self._believed(head, declared_bytes)
            if known and seen > known.size_bytes:
                raise DamagedUpdateError
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
            told(seen, known.size_bytes if known else declared_bytes)
        known = known or await self._believed(head, declared_bytes)
        if seen != known.size_bytes:
            raise DamagedUpdateError
        await asyncio.to_thread(file.flush)
        return digest.hexdigest()

    async def _believed(self, head: bytes, declared_bytes: int) -> Opened:
        known = opened(io.BytesIO(head), self._updates.keys)
        if declared_bytes and known.size_bytes != declared_bytes:
            raise DamagedUpdateError
        await self._updates.refuse_unfit(known)
        return known


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            return await anext(pieces, None)
    except TimeoutError as error:
        message = "The update stopped arriving, so nothing of it was kept. Check the network and send it again."
        raise UpdateStoppedComingError(message) from error

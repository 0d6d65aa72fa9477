"""Files of one kind on plugged-in sticks: found by their name's end and by how they begin, read piece by piece."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from assistant.disks import Disk

log = logging.getLogger(__name__)

_MOST_LOOKED_AT: Final = 20_000
_DEEPEST: Final = 6
_PIECE_BYTES: Final = 1 << 22


class Plugged(Protocol):
    """The disks that are plugged in."""

    async def disks(self) -> list[Disk]:
        """Every one of them."""
        ...

    async def file(self, disk_id: str, path: str) -> Path:
        """A file on one; raises `DiskNotFoundError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnStick:
    """A file on a stick."""

    disk_id: str
    disk: str
    path: str
    size_bytes: int


def files_on(disk: Disk, *, ending: str, mark: bytes) -> list[OnStick]:
    """Those whose names end and that begin so; folders are looked through, hidden ones and links not. Blocking."""
    found, looked_at = [], 0
    for folder, folders, files in os.walk(disk.path):
        place = Path(folder)
        depth = len(place.relative_to(disk.path).parts)
        folders[:] = sorted(one for one in folders if not one.startswith(".")) if depth < _DEEPEST else []
        looked_at += len(files) + len(folders)
        for name in sorted(files):
            file = place / name
            if name.startswith(".") or not name.casefold().endswith(ending) or not begins_with(file, mark):
                continue
            path = str(file.relative_to(disk.path))
            found.append(OnStick(disk_id=disk.id, disk=disk.name, path=path, size_bytes=file.stat().st_size))
        if looked_at > _MOST_LOOKED_AT:
            log.warning("a stick holds more than is looked at")
            break
    return found


def begins_with(file: Path, mark: bytes) -> bool:
    """Whether it is a file that can be read, no link, and begins with these bytes. Blocking."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as opened:
        try:
            return opened.read(len(mark)) == mark
        except OSError:
            return False


async def pieces_of(file: Path) -> AsyncIterator[bytes]:
    """Its bytes, read on other threads; raises OSError where the stick is gone or the file is a link."""
    descriptor = await asyncio.to_thread(os.open, file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        while piece := await asyncio.to_thread(os.read, descriptor, _PIECE_BYTES):
            yield piece
    finally:
        os.close(descriptor)

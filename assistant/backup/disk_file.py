"""Writes one backup onto a disk that can be pulled out at any moment: whole under its name, or not under it at all."""

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from assistant.backup.errors import BackupNotWrittenError, Why

ENDING: Final = ".hearthbackup"
UNFINISHED: Final = ".unfinished"
"""What a backup's name ends in as long as it is being written."""
NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}{re.escape(ENDING)}")
_LARGEST_ON_FAT: Final = 2**32 - 1
_SYNC_BYTES: Final = 16 << 20
"""So much may wait in memory for a slow stick: what is told of the progress is then true."""
_WHYS: Final[dict[int, Why]] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "too_large",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.EEXIST: "exists",
}


def write_whole(folder: Path, name: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
    """Write exactly so many bytes into a new file in this folder, and come back when they are on the disk.

    Blocking. Raises `BackupNotWrittenError`; then no file of this name is there.
    """
    if NAME.fullmatch(name) is None:
        message = "the name is none of a backup"
        raise ValueError(message)
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _clear(place)
            if name in _names(place):
                raise BackupNotWrittenError("exists")
            room = os.fstatvfs(place)
            if room.f_bavail * room.f_frsize < size_bytes:
                raise BackupNotWrittenError("full")
            _write(place, name, size_bytes, pieces)
        finally:
            os.close(place)
    except OSError as error:
        raise BackupNotWrittenError(_WHYS.get(error.errno or 0, "gone")) from error


def _write(place: int, name: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
    unfinished = f"{name}{UNFINISHED}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    # Everybody may read it: it is sealed, and the box that reads it one day has other users than this one.
    file = os.open(unfinished, flags, 0o644, dir_fd=place)
    try:
        try:
            if size_bytes > _LARGEST_ON_FAT:
                os.ftruncate(file, size_bytes)  # refused at once where a file cannot be so large
                os.ftruncate(file, 0)
            written = _written(file, pieces)
            os.fsync(file)
        finally:
            os.close(file)
        if written != size_bytes:
            raise BackupNotWrittenError("gone")
        os.rename(unfinished, name, src_dir_fd=place, dst_dir_fd=place)
        os.fsync(place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished, dir_fd=place)
        raise


def _written(file: int, pieces: Iterable[bytes]) -> int:
    written = waiting = 0
    for piece in pieces:
        left = memoryview(piece)
        while left:
            left = left[os.write(file, left) :]
        written, waiting = written + len(piece), waiting + len(piece)
        if waiting >= _SYNC_BYTES:
            os.fdatasync(file)
            waiting = 0
    return written


def _clear(place: int) -> None:
    """Remove what was broken off here before; it would take the room that the next one needs."""
    for name in _unfinished(place):
        os.unlink(name, dir_fd=place)


def _unfinished(place: int) -> Iterator[str]:
    for name in _names(place):
        if name.endswith(UNFINISHED) and NAME.fullmatch(name.removesuffix(UNFINISHED)):
            yield name


def _names(place: int) -> list[str]:
    with os.scandir(place) as entries:
        return [entry.name for entry in entries]

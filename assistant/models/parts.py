"""Parts of models on their way: each lies under the digest of what it is to become, whichever way it comes."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.room import KEPT_FREE_BYTES, usage_of

_PIECE_BYTES: Final = 1 << 20

FreeBytes = Callable[[Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that is here, whole."""

    path: Path
    sha256: str
    size_bytes: int


class CutError(DownloadFailedError):
    """The connection broke; what has come is kept, and the next try goes on from there."""

    code = "download_cut"


class Stopped(Exception):  # noqa: N818 - somebody wished it; nothing failed
    """Somebody stopped the download."""


def free_bytes(folder: Path) -> int:
    """What the disk of this folder has left."""
    return usage_of(folder).free


def ensure_room(folder: Path, wanted_bytes: int, free: FreeBytes = free_bytes) -> None:
    """Raises `NoRoomOnDiskError` with the numbers where a file of this size would fill the disk."""
    left = free(folder)
    if wanted_bytes > left - KEPT_FREE_BYTES:
        message = (
            f"This needs {wanted_bytes / 1e9:.1f} GB, and the disk has {max(0, left - KEPT_FREE_BYTES) / 1e9:.1f} GB "
            "left for it. Delete a model or files, or use a larger disk."
        )
        raise NoRoomOnDiskError(message)


class Parts:
    """A folder of them. Blocking."""

    def __init__(self, folder: Path, free: FreeBytes = free_bytes) -> None:
        self._folder = folder
        self._free = free

    def opened(self, sha256: str, size_bytes: int) -> Path:
        """What has come of the file so far, or an empty file, where there is room for the rest."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self.path(sha256)
        kept = part.stat().st_size if part.exists() else 0
        if kept > size_bytes:
            part.unlink()
            kept = 0
        ensure_room(self._folder, size_bytes - kept, self._free)
        part.touch(mode=0o600)
        return part

    def checked(self, sha256: str, size_bytes: int, *, wrong: str) -> Fetched:
        """The whole file; raises `DownloadFailedError` with `wrong` where it is another one, which is thrown away."""
        part = self.path(sha256)
        if part.stat().st_size != size_bytes or digest_of(part) != sha256:
            part.unlink()
            raise DownloadFailedError(wrong)
        return Fetched(path=part, sha256=sha256, size_bytes=size_bytes)

    def forget(self, sha256: str) -> None:
        """Throw away the part of a file."""
        self.path(sha256).unlink(missing_ok=True)

    def forget_others(self, sha256: str) -> None:
        """Throw away the parts of all files but this one."""
        for part in self._folder.glob("*.part"):
            if part != self.path(sha256):
                part.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the part of a file lies, if any of it has come."""
        return self._folder / f"{sha256}.part"


def digest_of(file: Path) -> str:
    """SHA-256 of a file that was just written, in hex; its pages are let go as they are read."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_PIECE_BYTES):
            digest.update(piece)
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()

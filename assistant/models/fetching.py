"""The assistant's side of a download: asks a process with the network, hands it a place, and checks what came."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assistant.errors import ParserUnavailableError
from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.models.fetch_protocol import FetchProtocolError, Line, Wish, wish_words
from assistant.parser.client import Transport

KEPT_FREE_BYTES: Final = 500_000_000
"""Of the disk, for the library and the system."""
_SILENCE_SECONDS: Final = 240.0
"""The one who fetches tries again by itself for some minutes."""
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
    return shutil.disk_usage(folder).free


def ensure_room(folder: Path, wanted_bytes: int, free: FreeBytes = free_bytes) -> None:
    """Raises `NoRoomOnDiskError` with the numbers where a file of this size would fill the disk."""
    left = free(folder)
    if wanted_bytes > left - KEPT_FREE_BYTES:
        message = (
            f"This needs {wanted_bytes / 1e9:.1f} GB, and the disk has {max(0, left - KEPT_FREE_BYTES) / 1e9:.1f} GB "
            "left for models. Delete a model or files, or use a larger disk."
        )
        raise NoRoomOnDiskError(message)


class Fetcher:
    """Fetches files, each through a process of its own. Blocking: call it from a thread."""

    def __init__(self, transport: Transport, *, hub: str, folder: Path, free: FreeBytes = free_bytes) -> None:
        """Parts lie in `folder` under their digest, and wait there for another try."""
        self._transport = transport
        self._hub = hub
        self._folder = folder
        self._free = free

    def fetch(
        self,
        repository: str,
        file: str,
        *,
        on_found: Callable[[str, int], None],
        on_progress: Callable[[int], None],
        is_stopped: Callable[[], bool],
    ) -> Fetched:
        """The file, whole and checked.

        Raises `CutError` where another try may help, `DownloadFailedError`, `NoRoomOnDiskError`, or `Stopped`.
        """
        try:
            with self._transport.connect() as connection:
                connection.settimeout(_SILENCE_SECONDS)
                line = Line(connection)
                line.say(wish_words(Wish(hub=self._hub, repository=repository, file=file)))
                found = _heard(line)
                sha256, size_bytes = str(found["sha256"]), int(found["size_bytes"])
                on_found(sha256, size_bytes)
                part = self._part(sha256, size_bytes)
                with part.open("r+b") as opened:
                    line.say({"kept_bytes": part.stat().st_size}, opened.fileno())
                while "done" not in (words := _heard(line)):
                    on_progress(int(words.get("bytes", 0)))
                    if is_stopped():
                        raise Stopped
        except ParserUnavailableError as error:
            message = "The part of Hearth that fetches models does not start. Restart the box and try again."
            raise DownloadFailedError(message) from error
        except (FetchProtocolError, TimeoutError) as error:
            raise CutError("The download broke off. What has come is kept; try again to go on from there.") from error
        return self._checked(part, sha256, size_bytes)

    def forget(self, sha256: str) -> None:
        """Throw away the part of a file."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.part"

    def _part(self, sha256: str, size_bytes: int) -> Path:
        """What has come of the file so far, or an empty file, where there is room for the rest."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._path(sha256)
        kept = part.stat().st_size if part.exists() else 0
        if kept > size_bytes:
            part.unlink()
            kept = 0
        ensure_room(self._folder, size_bytes - kept, self._free)
        part.touch(mode=0o600)
        return part

    def _checked(self, part: Path, sha256: str, size_bytes: int) -> Fetched:
        if part.stat().st_size != size_bytes or digest_of(part) != sha256:
            part.unlink()
            raise DownloadFailedError(
                "What came is not what the hub announced: its checksum is wrong. It was thrown away; fetch it again."
            )
        return Fetched(path=part, sha256=sha256, size_bytes=size_bytes)


def digest_of(file: Path) -> str:
    """SHA-256 of a file that was just written, in hex; its pages are let go as they are read."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_PIECE_BYTES):
            digest.update(piece)
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()


def _heard(line: Line) -> dict[str, Any]:
    words = line.heard()
    if "failed" not in words:
        return words
    message = str(words.get("message", ""))
    match words["failed"]:
        case "disk":
            raise NoRoomOnDiskError("The disk became full. Delete a model or files, and try again to go on from there.")
        case "cut":
            raise CutError(message)
        case _:
            raise DownloadFailedError(message)

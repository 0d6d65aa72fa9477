"""The inside of a backup: a plain tar (POSIX ustar), written and read piece by piece, with names of ours alone."""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from assistant.backup.errors import BackupDamagedError

ABOUT: Final = "about.json"
DATABASE: Final = "hearth.sqlite"
END: Final = "end.json"
ORIGINAL: Final = re.compile(r"originals/[0-9a-f]{2}/([0-9a-f]{64})")
PIECE_BYTES: Final = 256 * 1024
_BLOCK: Final = tarfile.BLOCKSIZE


def packed(name: str, content: bytes) -> bytes:
    """A small file whole."""
    return _head(name, len(content)) + content + _fill(len(content))


def packed_file(name: str, path: Path) -> Iterator[bytes]:
    """A file piece by piece; its size is the one that it has now, so it must not change meanwhile."""
    with path.open("rb") as opened:
        size_bytes = path.stat().st_size
        yield _head(name, size_bytes)
        left = size_bytes
        while left:
            piece = opened.read(min(PIECE_BYTES, left))
            if not piece:
                message = f"{path} became shorter while it was packed"
                raise OSError(message)
            left -= len(piece)
            yield piece
        yield _fill(size_bytes)


def packed_bytes(size_bytes: int) -> int:
    """How many bytes a file of this size takes."""
    return _BLOCK + size_bytes + len(_fill(size_bytes))


def ending() -> bytes:
    """What ends a tar."""
    return bytes(2 * _BLOCK)


class Unpacked(Protocol):
    """Takes what is unpacked."""

    def begin(self, name: str, size_bytes: int) -> None:
        """The next file; raise where it has no business here."""
        ...

    def write(self, piece: bytes) -> None:
        """The next bytes of that file."""
        ...

    def finish(self) -> None:
        """That file is whole."""
        ...


@dataclass(slots=True)
class _Reading:
    left: int
    fill: int


class Unpacking:
    """Takes a tar apart as it arrives. Raises BackupDamagedError for anything but plain files with short names."""

    def __init__(self, target: Unpacked) -> None:
        self._target = target
        self._waiting = bytearray()
        self._reading: _Reading | None = None
        self._taken_bytes = 0
        self.ended = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._waiting += piece
        while not self.ended and (self._body() if self._reading else self._next()):
            pass

    def _next(self) -> bool:
        if len(self._waiting) < _BLOCK:
            return False
        block = self._take(_BLOCK)
        if not any(block):
            self.ended = True
            return False
        try:
            head = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise BackupDamagedError(self._taken_bytes) from error
        if head.type != tarfile.REGTYPE or head.size < 0:
            raise BackupDamagedError(self._taken_bytes)
        self._target.begin(head.name, head.size)
        self._reading = _Reading(left=head.size, fill=-head.size % _BLOCK)
        return True

    def _body(self) -> bool:
        reading = self._reading
        if reading is None:
            return False
        if reading.left:
            if not self._waiting:
                return False
            piece = self._take(min(reading.left, len(self._waiting)))
            reading.left -= len(piece)
            self._target.write(piece)
            return True
        if len(self._waiting) < reading.fill:
            return False
        self._take(reading.fill)
        self._reading = None
        self._target.finish()
        return True

    def _take(self, size_bytes: int) -> bytes:
        taken = bytes(self._waiting[:size_bytes])
        del self._waiting[:size_bytes]
        self._taken_bytes += size_bytes
        return taken


def _head(name: str, size_bytes: int) -> bytes:
    head = tarfile.TarInfo(name)
    head.size = size_bytes
    head.mode = 0o600
    return head.tobuf(tarfile.GNU_FORMAT)


def _fill(size_bytes: int) -> bytes:
    return bytes(-size_bytes % _BLOCK)

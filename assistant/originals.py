"""The uploaded files themselves, kept under the digest of their bytes: no name that a person chose reaches the disk."""

import errno
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from assistant.library_errors import DiskFullError, EmptyUploadError, UploadTooLargeError
from assistant.room import Room

UPLOAD_LIMIT_BYTES: Final = 200_000_000
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What an upload turned out to be."""

    sha256: str
    size_bytes: int


class Originals:
    """A folder of files named `<first two digits>/<sha256>`, and of uploads on their way there. Blocking."""

    def __init__(self, folder: Path, upload_limit_bytes: int = UPLOAD_LIMIT_BYTES, room: Room | None = None) -> None:
        self._folder = folder
        self.room = Room(folder) if room is None else room
        self._incoming = folder / "incoming"
        self._upload_limit_bytes = upload_limit_bytes
        self._arriving: set[str] = set()

    def begin(self) -> "Upload":
        """A new upload, to end with `keep` and always with `drop`."""
        with disk_full():
            self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = uuid.uuid4().hex
            self._arriving.add(name)
            return Upload(self._incoming / name, self._upload_limit_bytes, self.room)

    def keep(self, upload: "Upload", digest: Digest) -> Path:
        """Give a finished upload its lasting place; where the same bytes lie there already, those stay."""
        target = self.path(digest.sha256)
        with disk_full():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            upload.path.replace(target)
            _sync_folder(target.parent)
        self._arriving.discard(upload.path.name)
        return target

    def drop(self, upload: "Upload") -> None:
        """Leave nothing of an upload that was not kept."""
        upload.discard()
        self._arriving.discard(upload.path.name)

    def path(self, sha256: str) -> Path:
        """Where the file of this digest lies."""
        return self._folder / sha256[:2] / sha256

    def remove(self, sha256: str) -> None:
        """Delete a file; no harm where there is none."""
        self.path(sha256).unlink(missing_ok=True)

    def sweep(self, wanted: Iterable[str]) -> int:
        """Delete uploads that broke off before this start, and files that no document uses; answers how many."""
        found = list(self._folder.glob("*/*"))  # before `_arriving` is looked at: what begins after that is not in it
        known = {*wanted, *self._arriving}
        lost = [path for path in found if path.name not in known]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)


class Upload:
    """One file on its way in: bytes are written as they come and counted against the limit."""

    def __init__(self, path: Path, limit_bytes: int, room: Room) -> None:
        self.path = path
        self._room = room
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._sha256 = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    def write(self, piece: bytes) -> None:
        """Take the next bytes. Raises UploadTooLargeError or DiskFullError."""
        self._size_bytes += len(piece)
        if self._size_bytes > self._limit_bytes:
            raise UploadTooLargeError(self._limit_bytes)
        self._sha256.update(piece)
        if not self._room.takes_files():
            raise DiskFullError
        with disk_full():
            self._file.write(piece)

    def finish(self) -> Digest:
        """Bring all of it to the disk. Raises EmptyUploadError or DiskFullError."""
        if not self._size_bytes:
            raise EmptyUploadError
        with disk_full():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return Digest(sha256=self._sha256.hexdigest(), size_bytes=self._size_bytes)

    def discard(self) -> None:
        """Close and remove the file, if it still lies where uploads arrive."""
        try:
            with disk_full():
                self._file.close()
        finally:
            self.path.unlink(missing_ok=True)


@contextmanager
def disk_full() -> Iterator[None]:
    """Tell a full disk from other errors: raises DiskFullError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError from error
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

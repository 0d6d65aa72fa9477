"""The newest update that came here: one file under the digest of its bytes, for this box and for others of its mesh."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assistant.updates.room import told_when_full
from firmware.durable import sync_folder
from firmware.updates.errors import UpdateError
from firmware.updates.file import SUFFIX, Contents, checked, opened
from firmware.updates.versions import Version, is_newer

log = logging.getLogger(__name__)

PART: Final = ".part"
"""Ends the names of what comes in pieces from elsewhere, and may go on after a restart."""
_MODE: Final = 0o640
"""The mesh reads it by the folder's group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An update that is here, whole and signed."""

    version: Version
    digest: str
    """SHA-256 of the whole file, in hex."""
    size_bytes: int


class KeptUpdate:
    """A folder with at most one update. Blocking."""

    def __init__(self, folder: Path, keys: Sequence[Ed25519PublicKey]) -> None:
        """Makes the folder, and clears what broke off; parts stay, to go on from."""
        self.folder = folder
        self.incoming = folder / "incoming"
        self.keys = keys
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._clear(but=PART)
        self.kept: Kept | None = None
        self.contents: Contents | None = None
        """The signed list of what is kept."""
        self._find()

    def path(self, kept: Kept) -> Path:
        """Where its file lies."""
        return self.folder / f"{kept.digest}{SUFFIX}"

    def take(self, file: Path, digest: str, fits: Callable[[Contents], None], told: Callable[[int, int], None]) -> Kept:
        """Check the whole file and keep it in place of the one before; raises `UpdateError`.

        `digest` is the file's SHA-256 as it was counted while it came. What lies on the disk is held against the
        signed list once more. `fits` raises for an update that is not for this box; `told` hears how much of how much
        is checked.
        """
        with file.open("rb") as content:
            size = file.stat().st_size
            known = opened(content, self.keys)
            fits(known.contents)
            content.seek(0)
            checked(content, self.keys, lambda seen: told(seen, size))
        kept = Kept(version=known.contents.number, digest=digest, size_bytes=size)
        with told_when_full():
            _make_lasting(file)
            file.replace(self.path(kept))
            sync_folder(self.folder)
        self.kept, self.contents = kept, known.contents
        self._clear()
        self._leave(kept)
        return kept

    def forget(self) -> None:
        """Delete what is kept."""
        self.kept = self.contents = None
        self._clear()
        self._leave(None)

    def _find(self) -> None:
        """Find what was kept before; of two, between which the power went, the newer stays."""
        if not self.keys:
            return
        for kept, contents in self._readable():
            if self.kept is None or is_newer(kept.version, self.kept.version):
                self.kept, self.contents = kept, contents
        self._leave(self.kept)

    def _readable(self) -> Iterator[tuple[Kept, Contents]]:
        for file in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                with file.open("rb") as content:
                    known = opened(content, self.keys)
            except (OSError, UpdateError) as error:
                log.warning("an update that was kept can't be used and is deleted: %s", type(error).__name__)
                continue
            if known.size_bytes == file.stat().st_size:
                contents = known.contents
                yield Kept(version=contents.number, digest=file.stem, size_bytes=known.size_bytes), contents

    def _leave(self, kept: Kept | None) -> None:
        for file in self.folder.glob(f"*{SUFFIX}"):
            if kept is None or file != self.path(kept):
                file.unlink(missing_ok=True)

    def _clear(self, but: str = "") -> None:
        for file in self.incoming.iterdir():
            if not but or file.suffix != but:
                file.unlink(missing_ok=True)


def _make_lasting(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, _MODE)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

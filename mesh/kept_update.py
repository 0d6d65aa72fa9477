"""Owns what the mesh knows of the update that this node's assistant keeps: which it is, and where its bytes lie.

The file is named by the SHA-256 of all of it. One whose list no key of this node signed, or that is not as long as its
list says, is as good as not there; whether every byte is right is for whoever fetches it to find out.
"""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from firmware.updates.errors import UpdateError
from firmware.updates.file import SUFFIX, opened
from firmware.updates.keys import keys_in
from firmware.updates.versions import Version, is_newer
from mesh.report import KeptUpdate

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
_NAME: Final = re.compile(r"[0-9a-f]{64}" + re.escape(SUFFIX))


class KeptUpdates:
    """See above. The list of a file is read once, as long as the file stays as it is."""

    def __init__(self, folder: Path, *, keys: Path, monotonic: Callable[[], float]) -> None:
        """`folder` is where the assistant keeps its one update; `keys` has the public keys of its makers."""
        self._folder = folder
        self._keys = keys
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._known: dict[tuple[str, int, int], KeptUpdate | None] = {}

    def told(self) -> KeptUpdate | None:
        """The newest one that is here; None where there is none, and where this node trusts nobody's updates."""
        if self._monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = self._monotonic()
            self._look()
        newest: KeptUpdate | None = None
        for one in self._known.values():
            if one and (newest is None or is_newer(Version(one.version), Version(newest.version))):
                newest = one
        return newest

    def file(self, digest: str) -> Path | None:
        """The file of the update that is told of by this digest."""
        known = self.told()
        file = self._folder / f"{digest}{SUFFIX}"
        return file if known is not None and known.digest == digest and file.is_file() else None

    def _look(self) -> None:
        found: dict[tuple[str, int, int], KeptUpdate | None] = {}
        try:
            files = [one for one in self._folder.iterdir() if _NAME.fullmatch(one.name)]
        except OSError:
            files = []
        for file in files:
            try:
                looked = file.stat()
            except OSError:
                continue  # replaced by a newer one at this very moment
            version = (file.name, looked.st_mtime_ns, looked.st_size)
            found[version] = self._known[version] if version in self._known else self._read(file, looked.st_size)
        self._known = found

    def _read(self, file: Path, size_bytes: int) -> KeptUpdate | None:
        try:
            with file.open("rb") as content:
                known = opened(content, keys_in(self._keys))
        except (OSError, UpdateError) as error:
            log.warning("The update that is kept here is told to nobody: %s", error)
            return None
        if known.size_bytes != size_bytes:
            return None
        return KeptUpdate(version=known.contents.number, digest=file.name.removesuffix(SUFFIX), size_bytes=size_bytes)

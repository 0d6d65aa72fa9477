"""Makes a backup: one moment of the database and of every original, as sealed bytes that stream."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from assistant.backup.packing import ABOUT, DATABASE, END, ending, packed, packed_bytes, packed_file
from assistant.backup.sealed import Sealing, sealed_bytes
from assistant.clock import Clock
from assistant.library import Library
from assistant.originals import Originals, disk_full
from assistant.store import Database

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The node as it was at one moment, in a folder of its own: nothing that happens later changes it."""

    folder: Path
    about: Mapping[str, Any]
    originals: Sequence[tuple[str, Path]]
    """Digest, and where the bytes lie."""
    missing: int
    """Originals that the database names and the disk does not have."""
    size_bytes: int
    """As many as the sealed file has."""

    def clear(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Backups:
    """Takes moments of the node. Blocking, but for `moment`."""

    def __init__(
        self,
        *,
        database: Database,
        originals: Originals,
        library: Library,
        folder: Path,
        clock: Clock,
        version: str,
        models: Callable[[], Sequence[str]],
    ) -> None:
        """`models` names those that are here, when it is asked."""
        self._database = database
        self._originals = originals
        self._library = library
        self._folder = folder
        self._clock = clock
        self._version = version
        self._models = models

    async def moment(self, name: str) -> Moment:
        """Copy the database and link the originals, while no file comes or goes. Raises `DiskFullError`."""
        return await self._library.while_still(self._moment, name)

    def sweep(self) -> None:
        """Remove what a stop left of earlier moments."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _moment(self, name: str) -> Moment:
        folder = self._folder / name
        try:
            with disk_full():
                return self._taken(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _taken(self, folder: Path) -> Moment:
        (folder / "originals").mkdir(parents=True, mode=0o700)
        copy = folder / DATABASE
        self._database.copy_to(copy)
        with closing(sqlite3.connect(copy)) as connection:
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            (people,) = connection.execute("SELECT count(*) FROM people").fetchone()
            (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
            digests = [row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM documents ORDER BY sha256")]
        linked: list[tuple[str, Path]] = []
        for digest in digests:
            link = folder / "originals" / digest
            try:
                link.hardlink_to(self._originals.path(digest))
            except FileNotFoundError:
                continue
            linked.append((digest, link))
        about = {
            "format": FORMAT,
            "made_at": self._clock.now().isoformat(),
            "hearth": self._version,
            "schema": schema,
            "people": people,
            "documents": documents,
            "models": list(self._models()),
        }
        moment = Moment(folder=folder, about=about, originals=linked, missing=len(digests) - len(linked), size_bytes=0)
        return replace(moment, size_bytes=_size_bytes(moment))


def sealed(moment: Moment, passphrase: str) -> Generator[bytes, None, None]:
    """The backup, piece by piece."""
    sealing = Sealing(passphrase)
    yield sealing.header
    for piece in _plain(moment):
        if ready := sealing.seal(piece):
            yield ready
    yield sealing.end()


def _plain(moment: Moment) -> Iterator[bytes]:
    about, end = _told(moment)
    yield packed(ABOUT, about)
    yield from packed_file(DATABASE, moment.folder / DATABASE)
    for digest, path in moment.originals:
        yield from packed_file(f"originals/{digest[:2]}/{digest}", path)
    yield packed(END, end)
    yield ending()


def _told(moment: Moment) -> tuple[bytes, bytes]:
    """What stands first in a backup, and last."""
    end = {"originals": len(moment.originals), "missing": moment.missing}
    return json.dumps(moment.about).encode(), json.dumps(end).encode()


def _size_bytes(moment: Moment) -> int:
    """How large the sealed file will be, to the byte."""
    files = [moment.folder / DATABASE, *(path for _digest, path in moment.originals)]
    sizes = [*(path.stat().st_size for path in files), *map(len, _told(moment))]
    return sealed_bytes(sum(map(packed_bytes, sizes)) + len(ending()))

"""USB sticks and disks that are plugged in: what is on them, to choose from, and taking it onto a shelf.

Who mounts them is not our business: on the appliance a udev rule (`services/systemd/sticks.rules`), read-only; on a
desktop the desktop. Each folder below one of the `roots` is a disk. What is taken lies in a folder that is called after
the disk, and replaces nothing: two cameras name their pictures alike, and so does one after it was emptied.
"""

import asyncio
import hashlib
import logging
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.backup.disk_file import ENDING as BACKUP_ENDING
from assistant.documents import display_name
from assistant.filing import Origin
from assistant.folders import TROUBLES, is_folder, look_through, pieces, told_trouble
from assistant.hops import Hop
from assistant.identifiers import PersonId, ShelfId
from assistant.library import Library
from assistant.library_errors import DiskFullError, DiskNotFoundError, EmptyUploadError, UnfitFolderError
from assistant.litter import is_litter, is_litter_folder

log = logging.getLogger(__name__)

MOST_LISTED: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A disk that is plugged in."""

    id: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """A file or folder on a disk."""

    path: str
    is_folder: bool
    size_bytes: int


@dataclass(slots=True, kw_only=True)
class Import:
    """How far the taking of files from a disk is."""

    disk: str
    total: int = 0
    done: int = 0
    problems: list[str] = field(default_factory=list)
    is_running: bool = True


class Disks:
    """Looks at disks and takes files from them."""

    def __init__(self, *, library: Library, roots: Sequence[Path]) -> None:
        self._library = library
        self._roots = roots
        self._hop = Hop("disks")
        self._imports: dict[PersonId, Import] = {}
        self._wanted: asyncio.Queue[tuple[Import, Disk, Sequence[str], ShelfId, PersonId]] = asyncio.Queue()

    async def disks(self) -> list[Disk]:
        """Every disk that is plugged in now."""
        return await self._hop(self._disks)

    async def disk(self, disk_id: str) -> Disk:
        """The disk of this id. Raises `DiskNotFoundError`."""
        return await self._hop(self._disk, disk_id)

    async def backups(self) -> list[tuple[Disk, OnDisk]]:
        """Every backup that lies at the top of a disk, the newest first."""
        return await self._hop(self._backups)

    async def backup(self, disk_id: str, path: str) -> AsyncIterator[bytes]:
        """The bytes of a backup on a disk. Raises `DiskNotFoundError`."""
        disk = await self.disk(disk_id)
        file = await self._hop(below, disk.path, path)
        if file.suffix != BACKUP_ENDING or not file.is_file():
            raise DiskNotFoundError
        return pieces(self._hop, file)

    async def inside(self, disk_id: str, folder: str) -> list[OnDisk]:
        """What lies in a folder of a disk, folders first. Raises `DiskNotFoundError`."""
        return await self._hop(self._inside, disk_id, folder)

    async def file(self, disk_id: str, path: str) -> Path:
        """Where a file of a disk lies. Raises `DiskNotFoundError`."""
        return await self._hop(lambda: below(self._disk(disk_id).path, path))

    async def take(self, disk_id: str, paths: Sequence[str], shelf: ShelfId, person_id: PersonId) -> Import:
        """Begin to put these files, and all files in these folders, onto a shelf. Raises `DiskNotFoundError`."""
        disk = await self._hop(self._disk, disk_id)
        taking = Import(disk=disk.name)
        self._imports[person_id] = taking
        await self._wanted.put((taking, disk, paths, shelf, person_id))
        return taking

    def progress(self, person_id: PersonId) -> Import | None:
        """How far this person's last import is."""
        return self._imports.get(person_id)

    async def run(self) -> None:
        """Take what was asked for, one after another, until cancelled."""
        while True:
            taking, disk, paths, shelf, person_id = await self._wanted.get()
            try:
                for path in paths:
                    await self._take(taking, disk, path, shelf, person_id)
            except (DiskNotFoundError, DiskFullError, UnfitFolderError) as error:
                taking.problems.append(str(error))
            except (*TROUBLES, sqlite3.Error, ValueError) as error:
                log.warning("an import from a disk broke off: %s", type(error).__name__)
                taking.problems.append(
                    "Taking files from this disk broke off. Look whether it is plugged in; repeat it."
                )
            finally:
                taking.is_running = False

    def close(self) -> None:
        """Let the thread end."""
        self._hop.close()

    async def _take(self, taking: Import, disk: Disk, path: str, shelf: ShelfId, person_id: PersonId) -> None:
        files, problems = await self._hop(_files_below, disk.path, path)
        taking.problems += problems
        taking.total += len(files)
        for name, file in files:
            try:
                await self._library.place(
                    path=f"{disk.name}/{name}",
                    shelf=shelf,
                    body=pieces(self._hop, file),
                    added_by=person_id,
                    origin=Origin(beside=True),
                )
            except EmptyUploadError:
                pass
            except DiskFullError:
                raise
            except TROUBLES as error:
                if not await self._hop(_holds_something, disk.path):
                    raise DiskNotFoundError from error
                taking.problems.append(told_trouble(file, error))
            taking.done += 1

    def _disks(self) -> list[Disk]:
        found = []
        for root in self._roots:
            if is_folder(root):
                found += [
                    Disk(id=hashlib.sha256(os.fsencode(path)).hexdigest()[:16], name=display_name(path.name), path=path)
                    for path in sorted(root.iterdir())
                    if is_folder(path) and not path.is_symlink() and _holds_something(path)
                ]
        return found

    def _backups(self) -> list[tuple[Disk, OnDisk]]:
        found = []
        for disk in self._disks():
            with suppress(OSError):
                for path in disk.path.glob(f"*{BACKUP_ENDING}"):
                    told = path.lstat()
                    if stat.S_ISREG(told.st_mode) and not path.name.startswith("."):
                        one = OnDisk(path=path.name, is_folder=False, size_bytes=told.st_size)
                        found.append((told.st_mtime, disk, one))
        found.sort(key=lambda one: one[0], reverse=True)
        return [(disk, one) for _changed, disk, one in found[:MOST_LISTED]]

    def _disk(self, disk_id: str) -> Disk:
        for disk in self._disks():
            if disk.id == disk_id:
                return disk
        raise DiskNotFoundError

    def _inside(self, disk_id: str, folder: str) -> list[OnDisk]:
        root = self._disk(disk_id).path
        place = below(root, folder)
        entries = []
        try:
            there = sorted(place.iterdir())
        except OSError as error:
            raise DiskNotFoundError from error
        for one in there[:MOST_LISTED]:
            try:
                found = one.lstat()
            except OSError:  # it went while it was looked at, or is broken
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            if one.name.startswith(".") or not (stat.S_ISREG(found.st_mode) or is_folder):
                continue
            if is_litter_folder(one.name) if is_folder else is_litter(one.name):
                continue
            path = _told(str(one.relative_to(root.resolve())))
            entries.append(OnDisk(path=path, is_folder=is_folder, size_bytes=0 if is_folder else found.st_size))
        return sorted(entries, key=lambda entry: not entry.is_folder)


def _holds_something(path: Path) -> bool:
    """Whether something is mounted there; what was pulled out leaves an empty folder, and a new disk is empty."""
    try:
        return any(path.iterdir()) or path.is_mount()
    except OSError:
        return False


def below(root: Path, path: str) -> Path:
    """A path on a disk, links resolved. Raises `DiskNotFoundError` where it leads off the disk or nowhere."""
    start = root.resolve()
    try:
        real = _meant(start, path.lstrip("/")).resolve()
        if not real.is_relative_to(start) or not real.exists():
            raise DiskNotFoundError
    except (OSError, ValueError, RuntimeError) as error:  # no disk any more, no path at all, links in a circle
        raise DiskNotFoundError from error
    return real


def _told(path: str) -> str:
    """A path as text, whatever bytes its names have."""
    return os.fsencode(path).decode("utf-8", "replace")


def _meant(start: Path, path: str) -> Path:
    """The path that was told so."""
    if (start / path).exists() or "\N{REPLACEMENT CHARACTER}" not in path:
        return start / path
    place = start
    for step in path.split("/"):
        place = next((one for one in place.iterdir() if _told(one.name) == step), place / step)
    return place


def _files_below(root: Path, path: str) -> tuple[list[tuple[str, Path]], list[str]]:
    """The file, or every file in the folder, with its path on the disk; and what could not be looked into."""
    place, start = below(root, path), root.resolve()
    if place.is_file():
        return [(str(place.relative_to(start)), place)], []
    sight = look_through(place)
    return [(str(one.path.relative_to(start)), one.path) for one in sight.files.values()], sight.problems

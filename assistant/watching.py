"""Folders of this machine whose files are on a shelf: looked through at start, on a change, and now and then.

What a folder brings follows the folder: a file that is changed is read anew as far as it changed, one that is renamed
keeps its document, one that is gone is gone here. A folder that can't be reached at all changes nothing; what may have
gone with a disk that is not plugged in stays, until a person says that it is really gone.
"""

import asyncio
import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Final

from watchfiles import awatch

from assistant.documents import display_name
from assistant.errors import UnfitNameError
from assistant.filing import Looked, Origin
from assistant.folders import (
    TROUBLES,
    Seen,
    Sight,
    is_folder,
    lay_elsewhere,
    look_through,
    pieces,
    shown_path,
    told_trouble,
)
from assistant.hops import Hop
from assistant.identifiers import ShelfId
from assistant.library import Library
from assistant.library_errors import (
    EmptyUploadError,
    FolderNotFoundError,
    UnfitFolderError,
)
from assistant.shelf_files import fit_path, free_folder, numbered
from assistant.shelves import owner_of
from assistant.store import Database

log = logging.getLogger(__name__)

_AGAIN_SECONDS: Final = 600.0
"""Network disks tell nobody what happens on them, so every folder is looked through now and then."""
_DEAF_SECONDS: Final = 60.0
_KEPT: Final = (
    "{files} of this folder can't be found there, as if a disk were not plugged in, so they stay in your library. "
    "Plug it in, or say that they are really gone."
)
_GATHER_MILLISECONDS: Final = 1_000
_LISTEN_MILLISECONDS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFolder:
    """A folder that is watched."""

    id: str
    path: str
    name: str
    """Of the folder on the shelf in which its files lie."""
    shelf: ShelfId
    files: int
    looked_at: datetime | None
    missing: int
    """How many of its files are kept though they are not there: they may lie on a disk that is away."""
    problem: str | None
    """What could not be taken from it; a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A file of a watched folder as it was when it was read."""

    size_bytes: int
    changed_ns: int
    device: int | None
    is_kept: bool
    """Whether it is on the shelf; who deleted it there does not get it back until it changes."""


class Watching:
    """Keeps shelves as the folders are. `roots` are the only folders below which any may be watched."""

    def __init__(self, *, database: Database, library: Library, roots: Sequence[Path], own: Path) -> None:
        self._database = database
        self._library = library
        self._roots = roots
        self._own = own
        self._hop = Hop("watching")
        self._changed = asyncio.Event()
        self._others = asyncio.Event()

    def folders(self) -> list[WatchedFolder]:
        """Every folder that is watched."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT watched_folders.*, (SELECT count(*) FROM files WHERE folder_id = watched_folders.id "
                "AND document_id IS NOT NULL) AS files FROM watched_folders ORDER BY path"
            ).fetchall()
        return [
            WatchedFolder(
                id=row["id"],
                path=row["path"],
                name=row["name"],
                shelf=ShelfId(row["shelf_id"]),
                files=row["files"],
                looked_at=None if row["looked_at"] is None else datetime.fromisoformat(row["looked_at"]),
                missing=row["missing"],
                problem=row["problem"],
            )
            for row in rows
        ]

    async def add(self, path: str, shelf: ShelfId) -> WatchedFolder:
        """Watch a folder and put its files onto a shelf. Raises `UnfitFolderError`."""
        real = await self._hop(self._fit, path)
        folder_id = secrets.token_urlsafe(9)
        with self._database.transaction() as connection:
            taken = {row["name"] for row in connection.execute("SELECT name FROM watched_folders")}
            wanted = fit_path(display_name(real.name or "folder"))
            name = free_folder(connection, shelf, wanted, taken, source_of(str(real)))
            connection.execute(
                "INSERT INTO watched_folders (id, path, name, shelf_id, added_at) VALUES (?, ?, ?, ?, ?)",
                (folder_id, str(real), name, shelf, datetime.now(UTC).isoformat()),
            )
        self._say_others()
        return self.folder(folder_id)

    def folder(self, folder_id: str) -> WatchedFolder:
        """One of them. Raises `FolderNotFoundError`."""
        for folder in self.folders():
            if folder.id == folder_id:
                return folder
        raise FolderNotFoundError

    def stop(self, folder_id: str) -> None:
        """Watch a folder no longer; what came from it stays on its shelf. Raises `FolderNotFoundError`."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM files WHERE folder_id = ? AND document_id IS NULL", (folder_id,))
            if not connection.execute("DELETE FROM watched_folders WHERE id = ?", (folder_id,)).rowcount:
                raise FolderNotFoundError
        self._say_others()

    async def run(self) -> None:
        """Look through all folders, then whenever something changes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            while True:
                self._changed.clear()
                await self._look_at_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN_SECONDS):
                        await self._changed.wait()

    async def _look_at_all(self) -> None:
        """Look through each folder; one that makes trouble holds up no other one, and is looked through again."""
        for folder in await self._hop(self.folders):
            try:
                await self.look(folder)
            except (*TROUBLES, sqlite3.Error, ValueError) as error:
                log.warning("a watched folder could not be looked through: %s", type(error).__name__)

    async def _listen(self) -> None:
        """Go on listening, whatever a folder does; without, folders are still looked through now and then."""
        while True:
            try:
                await self._hear()
            except (OSError, RuntimeError) as error:  # such as a kernel that watches no more folders
                log.warning("changes in watched folders can't be heard now: %s", type(error).__name__)
                await asyncio.sleep(_DEAF_SECONDS)

    async def _hear(self) -> None:
        """Say when something changed in a folder, and once when the listening has begun, for what happened before."""
        while True:
            self._others.clear()
            there = [path for path in await self._hop(self._paths) if is_folder(path)]
            if not there:
                await self._others.wait()
                continue
            is_first = True
            async for changes in awatch(
                *there,
                debounce=_GATHER_MILLISECONDS,
                stop_event=self._others,
                rust_timeout=_LISTEN_MILLISECONDS,
                yield_on_timeout=True,
                force_polling=False,
            ):
                if changes or is_first:
                    self._changed.set()
                is_first = False

    def _paths(self) -> list[Path]:
        return [Path(folder.path) for folder in self.folders()]

    async def let_go(self, folder_id: str) -> WatchedFolder:
        """What this folder misses is really gone: take it away. Raises `FolderNotFoundError`."""
        await self.look(self.folder(folder_id), is_gone_for_good=True)
        return self.folder(folder_id)

    async def look(self, folder: WatchedFolder, *, is_gone_for_good: bool = False) -> None:
        """Make a shelf as this folder is; what may lie on a disk that is away stays, unless it is gone for good."""
        try:
            sight = await self._hop(look_through, Path(folder.path))
        except UnfitFolderError as error:
            self._note(folder.id, [str(error)], missing=folder.missing)
            return
        problems = list(sight.problems)
        known = await self._hop(self._known, folder.id)
        wanted = _wanted(folder.name, sight, problems)
        moved = []
        for path, one in wanted.items():
            before = known.get(path)
            if before is None or (before.size_bytes, before.changed_ns) != (one.size_bytes, one.changed_ns):
                problem = await self._take(folder, path, one)
                problems += [problem] if problem else []
            elif before.device != one.device:
                moved.append((one.device, folder.id, path))
        await self._hop(self._remember, moved)
        # What is gone goes last: a file that was only renamed has its document again by now.
        unseen = tuple(f"{folder.name}/{shown_path(path)}".rstrip("/") for path in sight.unseen)
        gone = {
            path: before
            for path, before in known.items()
            if path not in wanted and not any(path == one or path.startswith(f"{one}/") for one in unseen)
        }
        kept = set() if is_gone_for_good else _may_come_back(folder.name, gone, sight)
        for path in gone.keys() - kept:
            await self._library.take_away(folder.shelf, path, source_of(folder.path))
        if kept:
            problems.insert(0, _KEPT.format(files="1 file" if len(kept) == 1 else f"{len(kept)} files"))
        self._note(folder.id, problems, missing=len(kept))

    def close(self) -> None:
        """Let the thread end."""
        self._hop.close()

    async def _take(self, folder: WatchedFolder, path: str, one: Seen) -> str | None:
        looked = Looked(folder_id=folder.id, size_bytes=one.size_bytes, changed_ns=one.changed_ns, device=one.device)
        origin = Origin(source=source_of(folder.path), looked=looked)
        body = pieces(self._hop, one.path)
        try:
            await self._library.place(
                path=path,
                shelf=folder.shelf,
                body=body,
                added_by=await self._hop(owner_of, self._database, folder.shelf),
                origin=origin,
            )
        except EmptyUploadError:
            return None  # nothing is in it yet
        except TROUBLES as error:
            return told_trouble(one.path, error)
        return None

    def _say_others(self) -> None:
        """Other folders are watched from now on."""
        self._others.set()
        self._changed.set()

    def _fit(self, path: str) -> Path:
        """The folder, where it may be watched."""
        if not Path(path).is_absolute():
            message = "Name the folder from its root on, such as /home/ada/Documents."
            raise UnfitFolderError(message)
        real = Path(path).resolve()
        if not str(real).isprintable():
            message = "The name of this folder has characters that can't be shown. Give it another name first."
            raise UnfitFolderError(message)
        if not is_folder(real):
            message = f"There is no folder {path} on this machine, or Hearth may not look into it."
            raise UnfitFolderError(message)
        roots = [root.expanduser().resolve() for root in self._roots]
        if not any(real.is_relative_to(root) for root in roots):
            allowed = ", ".join(map(str, roots)) or "none"
            message = f"Only folders below these may be watched: {allowed}. See watchable_folders in hearth.toml."
            raise UnfitFolderError(message)
        own = self._own.resolve()
        if real.is_relative_to(own) or own.is_relative_to(real):
            message = "This folder holds Hearth's own data. Choose another one."
            raise UnfitFolderError(message)
        for other in self.folders():
            if real.is_relative_to(other.path) or Path(other.path).is_relative_to(real):
                message = f"{other.path} is watched already, and is the same folder, or inside it, or around it."
                raise UnfitFolderError(message)
        return real

    def _known(self, folder_id: str) -> dict[str, _Known]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM files WHERE folder_id = ?", (folder_id,)).fetchall()
        return {
            row["path"]: _Known(
                size_bytes=row["size_bytes"],
                changed_ns=row["changed_ns"],
                device=row["device"],
                is_kept=row["document_id"] is not None,
            )
            for row in rows
        }

    def _remember(self, moved: Sequence[tuple[int, str, str]]) -> None:
        """Files lie on file systems of other numbers now, as after a start."""
        if moved:
            with self._database.transaction() as connection:
                connection.executemany("UPDATE files SET device = ? WHERE folder_id = ? AND path = ?", moved)

    def _note(self, folder_id: str, problems: Sequence[str], *, missing: int) -> None:
        told = " ".join(problems[:3]) + (f" And {len(problems) - 3} more." if len(problems) > 3 else "")
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE watched_folders SET looked_at = ?, problem = ?, missing = ? WHERE id = ?",
                (datetime.now(UTC).isoformat(), told or None, missing, folder_id),
            )


def _wanted(name: str, sight: Sight, problems: list[str]) -> dict[str, Seen]:
    """The files that were seen by their paths on the shelf; a name that can't be is added to the problems."""
    wanted: dict[str, Seen] = {}
    for path, one in sight.files.items():
        try:
            fit = fit_path(f"{name}/{path}")
        except UnfitNameError as error:
            problems.append(f"{shown_path(path)}: {error}")
            continue
        # Names that differ in what can't be shown would be one; each keeps its file.
        wanted[next(one for one in chain([fit], map(partial(numbered, fit), count(2))) if one not in wanted)] = one
    return wanted


def _may_come_back(name: str, gone: Mapping[str, _Known], sight: Sight) -> set[str]:
    """Those of the files that are gone which may only be away, with their disk: all of them where nothing was left."""
    return {
        path
        for path, before in gone.items()
        if before.is_kept and (not sight.files or lay_elsewhere(path[len(name) + 1 :], before.device, sight.folders))
    }


def source_of(path: str) -> str:
    """By what the files of this folder are known, also when it is watched anew."""
    return f"folder:{path}"

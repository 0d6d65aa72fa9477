"""Restores a backup: into a folder beside the living one, checked to the last byte, swapped in at the next start."""

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Final

from assistant.backup.errors import BackupCutShortError, BackupDamagedError, BackupTooNewError
from assistant.backup.making import FORMAT
from assistant.backup.packing import ABOUT, DATABASE, END, ORIGINAL, Unpacking
from assistant.backup.sealed import Unsealing
from assistant.originals import disk_full
from assistant.store import database_full, known_version

ARRIVING: Final = "restoring"
READY: Final = "restored"
TOLD: Final = "restored-from.json"
"""What the backup said about itself, kept for people: when it was made, and with which models."""
_SMALL_BYTES: Final = 1_000_000
_DERIVED: Final = ("lexical", "vectors")


class Restoring:
    """One backup on its way in. Blocking. What goes wrong leaves nothing behind, and the living data untouched."""

    def __init__(self, state: Path, passphrase: str) -> None:
        self._state = state
        self._folder = state / ARRIVING
        self._unsealing = Unsealing(passphrase)
        self._files = _Files(self._folder)
        self._unpacking = Unpacking(self._files)
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "originals").mkdir(parents=True, mode=0o700)

    def write(self, piece: bytes) -> None:
        """Take the next bytes of the backup. Raises a `BackupError` or `DiskFullError`."""
        with disk_full():
            self._unpacking.feed(self._unsealing.open(piece))

    def finish(self) -> dict[str, Any]:
        """Check that it is whole and fits, and make it what the next start takes.

        Answers what it says of itself. Raises a `BackupError` or `DiskFullError`.
        """
        with disk_full(), database_full():
            self._unpacking.feed(self._unsealing.end())
            self._files.refuse_unless_whole(ended=self._unpacking.ended)
            about = self._files.about
            _refuse_unfit(about, self._folder / DATABASE)
            _leave_behind(self._folder / DATABASE)
            (self._folder / TOLD).write_text(json.dumps(about), encoding="utf-8")
            os.sync()
            shutil.rmtree(self._state / READY, ignore_errors=True)
            self._folder.rename(self._state / READY)
            os.sync()
        return about

    def drop(self) -> None:
        """Leave nothing of a backup that was not taken."""
        self._files.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def adopt(state: Path) -> bool:
    """At a start, before anything is opened: let a restored backup take the place of what was here.

    Whatever interrupts it, the next start goes on with it.
    """
    ready = state / READY
    if not ready.is_dir():
        return False
    for name in _DERIVED:
        shutil.rmtree(state / name, ignore_errors=True)
    originals, database = ready / "originals", ready / DATABASE
    if originals.exists():
        shutil.rmtree(state / "originals", ignore_errors=True)
        originals.rename(state / "originals")
    if database.exists():
        for ending in ("", "-wal", "-shm"):
            (state / f"{DATABASE}{ending}").unlink(missing_ok=True)
        database.rename(state / DATABASE)
    if (ready / TOLD).exists():
        (ready / TOLD).rename(state / TOLD)
    (state / "samples-added").touch()
    shutil.rmtree(ready)
    return True


class _Files:
    """Takes the files of a backup: the few that we know, each checked against what it says to be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ""
        self._digest = ""
        self._hash = hashlib.sha256()
        self._open: BinaryIO | None = None
        self._small: dict[str, bytearray] = {}
        self._originals = 0
        self._has_database = False

    @property
    def about(self) -> dict[str, Any]:
        """What the backup says of itself."""
        told: dict[str, Any] = json.loads(self._small[ABOUT])
        return told

    def begin(self, name: str, size_bytes: int) -> None:
        original = ORIGINAL.fullmatch(name)
        if name in {ABOUT, END} and size_bytes <= _SMALL_BYTES and name not in self._small:
            self._small[name] = bytearray()
        elif name == DATABASE and not self._has_database:
            self._has_database = True
            self._open = (self._folder / DATABASE).open("xb")
        elif original is not None:
            self._digest, self._hash = original.group(1), hashlib.sha256()
            target = self._folder / "originals" / self._digest[:2] / self._digest
            target.parent.mkdir(exist_ok=True, mode=0o700)
            self._open = target.open("wb")
        else:
            raise BackupDamagedError(0)
        self._name = name

    def write(self, piece: bytes) -> None:
        if self._open is None:
            self._small[self._name] += piece
            return
        self._hash.update(piece)
        self._open.write(piece)

    def finish(self) -> None:
        self.close()
        if self._digest:
            if self._hash.hexdigest() != self._digest:
                raise BackupDamagedError(0)
            self._originals += 1
            self._digest = ""

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def refuse_unless_whole(self, *, ended: bool) -> None:
        if not ended or not self._has_database or not {ABOUT, END} <= self._small.keys():
            raise BackupCutShortError
        if json.loads(self._small[END])["originals"] != self._originals:
            raise BackupCutShortError


def _refuse_unfit(about: dict[str, Any], database: Path) -> None:
    """Refuse what a newer Hearth wrote, and a database that is none of ours."""
    if about["format"] > FORMAT or about["schema"] > known_version():
        raise BackupTooNewError(str(about["hearth"]))
    with closing(sqlite3.connect(database)) as connection:
        try:
            (sound,) = connection.execute("PRAGMA quick_check").fetchone()
            kinds = {row[0] for row in connection.execute("SELECT DISTINCT type FROM sqlite_master")}
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            owner = connection.execute("SELECT 1 FROM people WHERE role = 'owner'").fetchone()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise
            raise BackupDamagedError(0) from error
    # Triggers and views would be code of somebody else's.
    if sound != "ok" or not kinds <= {"table", "index"} or version != about["schema"] or owner is None:
        raise BackupDamagedError(0)


def _leave_behind(database: Path) -> None:
    """What belongs to the old machine alone: who was signed in there, and its open invitations."""
    with closing(sqlite3.connect(database)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in {"sessions", "invitations"} & tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
        if "watched_folders" in tables:
            # Folders of the old machine: what was read of them stays, and is no longer watched.
            connection.execute("DELETE FROM files WHERE document_id IS NULL")
            connection.execute("UPDATE files SET folder_id = NULL")
            connection.execute("DELETE FROM watched_folders")
        connection.commit()

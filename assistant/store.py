"""The one SQLite file that holds the assistant's truth: how it is opened, checked, migrated, read and changed."""

import logging
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from assistant import snapshots
from assistant.errors import StoreDamagedError, StoreTooNewError
from assistant.library_errors import DiskFullError

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30.0
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_KEPT_READERS = 8
"""Connections that wait for the next reader; each may read on another thread than the one that opened it."""


class Database:
    """A SQLite file in WAL mode, usable from any thread: one writer at a time, readers never wait for it.

    Opening it checks its integrity and applies the numbered migrations that it lacks, each in a transaction of its own.
    Raises StoreDamagedError or StoreTooNewError.
    """

    def __init__(self, path: Path, migrations: Path = MIGRATIONS) -> None:
        self.path = path
        self._migrations = migrations
        self._write_lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._writer = _connect(path)
        self._readers: list[sqlite3.Connection] = []
        try:
            self._check()
            self._migrate()
        except BaseException:
            self._writer.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection for writing; the end of the block commits, an error in it rolls back. Never nest two.

        Raises DiskFullError.
        """
        with self._write_lock, database_full():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:  # SQLite may have rolled back itself
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state of the database and cannot change it."""
        connection = self._reader()
        try:
            connection.execute("BEGIN")
            yield connection
            connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        if len(self._readers) < _KEPT_READERS:
            self._readers.append(connection)
        else:
            connection.close()

    def _reader(self) -> sqlite3.Connection:
        # Opening one takes 0.8 ms, and every request reads several times.
        with suppress(IndexError):
            return self._readers.pop()
        connection = _connect(self.path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def forget_deleted(self) -> None:
        """Overwrite what still holds deleted rows: the write-ahead log, and the copies from before a migration.

        Raises DiskFullError; then they are overwritten the next time.
        """
        with self._write_lock, database_full():
            for copy in snapshots.kept(self.path):
                snapshots.forget_deleted(copy, self.path)
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy_to(self, path: Path) -> None:
        """Write a whole database of this very moment to a new file. Raises DiskFullError, and leaves nothing then."""
        try:
            with closing(_connect(self.path)) as connection, database_full():
                connection.execute("VACUUM INTO ?", (str(path),))
        except DiskFullError:
            path.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._write_lock:
            self._writer.close()
        while self._readers:
            self._readers.pop().close()

    def _check(self) -> None:
        try:
            (answer,) = self._writer.execute("PRAGMA quick_check").fetchone()
            self._writer.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            raise StoreDamagedError(str(self.path)) from error
        if answer != "ok":
            raise StoreDamagedError(str(self.path))

    def _migrate(self) -> None:
        (found,) = self._writer.execute("PRAGMA user_version").fetchone()
        steps = numbered_migrations(self._migrations)
        if found > len(steps):
            self._go_back(found, len(steps))
            return
        snapshots.remove_old(self.path)
        if found == len(steps):
            return
        if found:
            snapshots.take(self._writer, self.path, found)
        for number, script in list(enumerate(steps, start=1))[found:]:
            try:
                self._writer.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
            except sqlite3.Error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            log.info("database migrated to version %d", number)

    def _go_back(self, found: int, known: int) -> None:
        """Use the copy that was taken before a newer Hearth migrated, and carry over what was added since."""
        if not snapshots.path_before(self.path, known + 1).exists():
            raise StoreTooNewError(found, known)
        self._writer.close()
        newer = snapshots.swap_in(self.path, found, known)
        self._writer = _connect(self.path)
        self._writer.execute("PRAGMA journal_mode = WAL")
        snapshots.carry_over(self._writer, newer)
        log.warning("went back from database version %d to version %d", found, known)


def known_version(migrations: Path = MIGRATIONS) -> int:
    """The version that this Hearth migrates to."""
    return len(numbered_migrations(migrations))


def numbered_migrations(folder: Path) -> list[str]:
    """The scripts `0001_name.sql`, `0002_…` in order. Raises ValueError where a number is missing or used twice."""
    files = sorted(folder.glob("*.sql"))
    for expected, file in enumerate(files, start=1):
        if not re.fullmatch(rf"{expected:04d}_[a-z_]+\.sql", file.name):
            raise ValueError(f"migration {file.name} should be number {expected:04d}")
    return [file.read_text(encoding="utf-8") for file in files]


@contextmanager
def database_full() -> Iterator[None]:
    """Tell a full disk from what else SQLite says: raises DiskFullError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) in _FULL:  # Python's own errors have none
            raise DiskFullError from error
        raise


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    return connection

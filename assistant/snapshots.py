"""Copies of the database from before a migration: taken, kept for a week, and gone back to by an older Hearth.

When an update does not hold, the old system starts again and finds a database that it does not know. It then takes the
copy from before, and carries over what was added, changed and taken back since. A copy never brings back what a person
deleted: each deletion reaches the copies too.
"""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

KEPT_SECONDS: Final = 7 * 24 * 3600
_TABLES: Final = {
    "people": ("id",),
    "shelves": ("id",),
    "shelf_readers": ("shelf_id", "person_id"),
    "sessions": ("id",),
    "keys": ("id",),
    "invitations": ("id",),
    "password_resets": ("person_id",),
    "documents": ("id",),
    "watched_folders": ("id",),
    "files": ("shelf_id", "path"),
    "chats": ("id",),
    "messages": ("id",),
    "background_jobs": ("id",),
    "background_steps": ("job_id", "step"),
}
"""What people made and allowed, a parent before its children, and by what a row is known; pages, passages and vectors
are made again by reading."""
_WORDS: Final = ("documents", "messages", "chats", "people")
"""Those of them that hold what a person wrote; the copies forget it at once."""
_SAME: Final = {
    "people": ("password_hash", "role", "name_key"),
    "documents": ("sha256", "shelf_id"),
    "files": ("document_id", "folder_id"),
    "messages": ("text", "citations", "sources"),
    "background_jobs": ("standing", "token", "done"),
    "background_steps": ("result",),
}
"""What matters in a row beside its key: where it differs, the older row is as good as deleted."""
_SETTLED: Final = {"shelves": ("name", "stays_here"), "documents": ("name", "folder")}
"""What is said of a row in the newer database, and counts without making the row anew."""


def path_before(database: Path, version: int) -> Path:
    """Where the copy lies that was taken before the migration to this version."""
    return database.with_name(f"{database.stem}-before-{version:04d}.sqlite")


def take(connection: sqlite3.Connection, database: Path, version: int) -> None:
    """Keep a copy of the database, which is of this version."""
    target = path_before(database, version + 1)
    target.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(target),))


def kept(database: Path) -> list[Path]:
    """Every copy beside the database, of before and of a newer Hearth."""
    return sorted(
        path for kind in ("before", "newer") for path in database.parent.glob(f"{database.stem}-{kind}-????.sqlite")
    )


def remove_old(database: Path) -> None:
    """Remove the copies that nobody will go back to any more."""
    for copy in kept(database):
        if time.time() - copy.stat().st_mtime > KEPT_SECONDS:
            _remove(copy)


def forget_deleted(copy: Path, database: Path) -> None:
    """Delete from a copy what is no longer in the database."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        before = copy.stat()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("ATTACH ? AS living", (str(database),))
        connection.execute("BEGIN")
        for table in _WORDS:
            _let_go(connection, table, "living")
        connection.execute("COMMIT")
    _keep_time(copy, before.st_mtime)


def swap_in(database: Path, found: int, known: int) -> Path:
    """Put the copy of version `known` in the database's place; answers where the newer one lies now."""
    newer = database.with_name(f"{database.stem}-newer-{found:04d}.sqlite")
    for ending in ("", "-wal", "-shm"):
        part = Path(f"{database}{ending}")
        if part.exists():
            part.rename(f"{newer}{ending}")
    path_before(database, known + 1).rename(database)
    return newer


def carry_over(connection: sqlite3.Connection, newer: Path) -> None:
    """Let the tables say what the newer database says, in the columns that both know; new documents are read again.

    Who lost a key, a session, a share or a role since the copy was taken does not get it back.
    """
    connection.execute("ATTACH ? AS newer", (str(newer),))
    try:
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            _let_go(connection, table, "newer")
        for table, keys in _TABLES.items():
            shared = _shared(connection, table, "newer")
            if not shared:
                continue
            names = ", ".join(sorted(shared))
            connection.execute(f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")  # noqa: S608 - names of ours
            for column in _SETTLED.get(table, ()):
                if column in shared:
                    connection.execute(
                        f"UPDATE main.{table} SET {column} = there.{column} FROM newer.{table} AS there "  # noqa: S608 - names of ours
                        f"WHERE {_equal(table, 'there', keys)}"
                    )
        connection.execute(
            "INSERT OR IGNORE INTO jobs (document_id, stage, queued_at) SELECT id, 'read', added_at FROM documents "
            "WHERE status != 'failed' AND id NOT IN (SELECT document_id FROM pages)"
        )
        connection.execute(
            "UPDATE documents SET status = 'queued', progress = 0 "
            "WHERE id IN (SELECT document_id FROM jobs WHERE stage = 'read')"
        )
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("DETACH newer")


def _let_go(connection: sqlite3.Connection, table: str, other: str) -> None:
    """Delete the rows that the other database does not have, or not with the same content."""
    shared, keys = _shared(connection, table, other), _TABLES[table]
    if shared.issuperset(keys):
        columns = (*keys, *(column for column in _SAME.get(table, ()) if column in shared))
        connection.execute(
            f"DELETE FROM main.{table} WHERE NOT EXISTS "  # noqa: S608 - names of ours
            f"(SELECT 1 FROM {other}.{table} AS there WHERE {_equal(table, 'there', columns)})"
        )


def _equal(table: str, other: str, columns: Iterable[str]) -> str:
    return " AND ".join(f"{other}.{column} IS {table}.{column}" for column in columns)


def _shared(connection: sqlite3.Connection, table: str, other: str) -> set[str]:
    """The columns that a table has in both databases; none where one of them has no such table."""
    return _columns(connection, "main", table) & _columns(connection, other, table)


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")}


def _keep_time(copy: Path, changed: float) -> None:
    """A copy ages from when it was taken."""
    os.utime(copy, (changed, changed))


def _remove(copy: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{copy}{ending}").unlink(missing_ok=True)

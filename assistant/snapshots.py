"""Copies of the database from before a migration: taken, kept for a week, and gone back to by an older Hearth.

When an update does not hold, the old system starts again and finds a database that it does not know. It then takes the
copy from before, and carries over what was added since. A copy never brings back what a person deleted: each deletion
reaches the copies too.
"""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

KEPT_SECONDS: Final = 7 * 24 * 3600
_TABLES: Final = (
    "people",
    "shelves",
    "shelf_readers",
    "sessions",
    "keys",
    "documents",
    "watched_folders",
    "files",
    "chats",
    "messages",
)
"""What people made, a parent before its children; pages, passages and vectors are made again by reading."""
_SAME: Final = {"documents": "sha256", "messages": "text", "people": "password_hash"}
"""Where a row's content matters beside its id: an older one is as good as deleted."""


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
        for table in ("documents", "messages", "chats", "people"):
            if _columns(connection, "living", table) and _columns(connection, "main", table):
                same = f" AND living.{table}.{_SAME[table]} = main.{table}.{_SAME[table]}" if table in _SAME else ""
                connection.execute(
                    f"DELETE FROM main.{table} WHERE NOT EXISTS "  # noqa: S608 - names of ours
                    f"(SELECT 1 FROM living.{table} WHERE living.{table}.id = main.{table}.id{same})"
                )
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
    """Add the rows that only the newer database has, in the columns that both know; new documents are read again."""
    connection.execute("ATTACH ? AS newer", (str(newer),))
    try:
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            shared = sorted(_columns(connection, "main", table) & _columns(connection, "newer", table))
            if shared:
                names = ", ".join(shared)
                connection.execute(f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")  # noqa: S608 - names of ours
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


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")}


def _keep_time(copy: Path, changed: float) -> None:
    """A copy ages from when it was taken."""
    os.utime(copy, (changed, changed))


def _remove(copy: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{copy}{ending}").unlink(missing_ok=True)

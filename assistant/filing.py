"""Which bytes lie under which name: a file is put, changed, renamed or taken away, and documents follow it.

A document is made once for the same bytes on the same shelf. Where a file's bytes change and no other file has the old
ones, its document changes with it, so that only what changed in it is learned anew.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from assistant.documents import Document, Status
from assistant.identifiers import DocumentId, ShelfId
from assistant.queue import Stage, enqueue
from assistant.shelf_files import call_after, folder_of, name_of, numbered

_FIRST_DAY: Final = date(1980, 1, 1)
"""Of disks for PCs; what says this day or an earlier one has no clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A watched file as it looked when it was read."""

    folder_id: str
    size_bytes: int
    changed_ns: int
    device: int
    """The number of its file system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who brings a file, and what becomes of another one that lies in its place."""

    source: str | None = None
    """By which a file that comes again is known; what came from elsewhere is not replaced by it."""
    looked: Looked | None = None
    """Where it is a watched file: its place is its own, and another file there is called otherwise."""
    beside: bool = False
    """Whether it is called otherwise itself, where another file has its place."""


ANYBODY: Final = Origin()
"""Somebody who means this very place: what lay there is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What came of a file that was put."""

    document: DocumentId
    is_new: bool
    """Whether anything has to be read."""
    forsaken: DocumentId | None = None
    """A document that has no file any more."""
    unused: str | None = None
    """The digest of bytes that nobody uses any more."""


def place(connection: sqlite3.Connection, wanted: Document, sha256: str, path: str, origin: Origin) -> Placed:
    """Let the file at this path be these bytes; `wanted` is its document, where there has to be a new one."""
    if origin.beside:
        path = _beside(connection, wanted.shelf, path, sha256, origin.source)
        wanted = replace(wanted, name=name_of(path), folder=folder_of(path))
    elif origin.looked is not None:
        _make_room(connection, wanted.shelf, path, sha256, origin.source)
    here, looked = document_at(connection, wanted.shelf, path), origin.looked
    same = _document_of(connection, wanted.shelf, sha256)
    if here is not None and here == same:
        placed = Placed(document=here, is_new=False)
        if origin.beside:
            return placed  # whose it was, it stays
    elif same is not None:
        placed = Placed(document=same, is_new=False, forsaken=_lone(connection, here))
    elif here is not None and _lone(connection, here):
        placed = Placed(document=here, is_new=True, unused=_change(connection, here, wanted, sha256))
    else:
        _insert(connection, wanted, sha256)
        placed = Placed(document=wanted.id, is_new=True)
    connection.execute(
        "INSERT INTO files (shelf_id, path, document_id, folder_id, size_bytes, changed_ns, device, source) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        # What a person puts over a watched file stays until that file changes, so how it looked is kept.
        "ON CONFLICT (shelf_id, path) DO UPDATE SET document_id = excluded.document_id, source = excluded.source, "
        "folder_id = coalesce(excluded.folder_id, folder_id), size_bytes = coalesce(excluded.size_bytes, size_bytes), "
        "changed_ns = coalesce(excluded.changed_ns, changed_ns), device = coalesce(excluded.device, device)",
        (
            wanted.shelf,
            path,
            placed.document,
            looked.folder_id if looked else None,
            looked.size_bytes if looked else None,
            looked.changed_ns if looked else None,
            looked.device if looked else None,
            origin.source,
        ),
    )
    return placed


def changed_on(looked: Looked) -> date | None:
    """The day on which a watched file changed last, where its disk tells a believable one."""
    try:
        day = datetime.fromtimestamp(looked.changed_ns / 1e9, UTC).date()
    except (OverflowError, ValueError, OSError):
        return None
    return day if day > _FIRST_DAY else None


def take_away(
    connection: sqlite3.Connection, shelf: ShelfId, path: str, source: str | None = None
) -> DocumentId | None:
    """Forget a file; answers its document where that has no file any more.

    A watched file that a person takes away does not come back until it changes. Where its folder, the `source`, takes
    it away, what a person has put in its place stays.
    """
    lies, document = _lies(connection, shelf, path), document_at(connection, shelf, path)
    if source is not None and lies is not None and document is not None and lies["source"] != source:
        connection.execute("UPDATE files SET folder_id = NULL WHERE shelf_id = ? AND path = ?", (shelf, path))
        return None
    forsaken = _lone(connection, document)
    if source is None:
        connection.execute(
            "UPDATE files SET document_id = NULL WHERE shelf_id = ? AND path = ? AND folder_id IS NOT NULL",
            (shelf, path),
        )
        connection.execute("DELETE FROM files WHERE shelf_id = ? AND path = ? AND folder_id IS NULL", (shelf, path))
    else:
        connection.execute("DELETE FROM files WHERE shelf_id = ? AND path = ?", (shelf, path))
    if document is not None and forsaken is None:
        _name_after_another(connection, document)
    return forsaken


def document_at(connection: sqlite3.Connection, shelf: ShelfId, path: str) -> DocumentId | None:
    """The document of the file at this path."""
    row = connection.execute("SELECT document_id FROM files WHERE shelf_id = ? AND path = ?", (shelf, path)).fetchone()
    return None if row is None or row["document_id"] is None else DocumentId(row["document_id"])


def _lies(connection: sqlite3.Connection, shelf: ShelfId, path: str) -> sqlite3.Row | None:
    """What is known of the file at this path."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT files.source, documents.id AS document, documents.sha256 FROM files "
        "LEFT JOIN documents ON documents.id = document_id WHERE files.shelf_id = ? AND path = ?",
        (shelf, path),
    ).fetchone()
    return row


def _beside(connection: sqlite3.Connection, shelf: ShelfId, path: str, sha256: str, source: str | None) -> str:
    """The path, or one like it at which no other bytes lie that somebody else brought."""
    number, candidate = 1, path
    while (lies := _lies(connection, shelf, candidate)) is not None and lies["sha256"] != sha256:
        if source is not None and lies["source"] == source:
            break
        number += 1
        candidate = numbered(path, number)
    return candidate


def _make_room(connection: sqlite3.Connection, shelf: ShelfId, path: str, sha256: str, source: str | None) -> None:
    """Give a file that somebody else brought to this path another name, where it has other bytes."""
    lies = _lies(connection, shelf, path)
    if lies is None or lies["document"] is None or lies["sha256"] == sha256 or lies["source"] == source:
        return
    number = 2
    while _lies(connection, shelf, numbered(path, number)) is not None:
        number += 1
    aside = numbered(path, number)
    connection.execute(
        "UPDATE files SET path = ?, folder_id = NULL, size_bytes = NULL, changed_ns = NULL "
        "WHERE shelf_id = ? AND path = ?",
        (aside, shelf, path),
    )
    call_after(connection, DocumentId(lies["document"]), path, aside)


def _document_of(connection: sqlite3.Connection, shelf: ShelfId, sha256: str) -> DocumentId | None:
    row = connection.execute("SELECT id FROM documents WHERE shelf_id = ? AND sha256 = ?", (shelf, sha256)).fetchone()
    return None if row is None else DocumentId(row["id"])


def _lone(connection: sqlite3.Connection, document: DocumentId | None) -> DocumentId | None:
    """The document, where one file alone has its bytes."""
    (names,) = connection.execute("SELECT count(*) FROM files WHERE document_id = ?", (document,)).fetchone()
    return document if names == 1 else None


def _insert(connection: sqlite3.Connection, document: Document, sha256: str) -> None:
    connection.execute(
        "INSERT INTO documents "
        "(id, shelf_id, name, media_type, size_bytes, sha256, status, added_at, folder, added_by, dated_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.shelf,
            document.name,
            document.media_type,
            document.size_bytes,
            sha256,
            document.status,
            document.added_at.isoformat(),
            document.folder,
            document.added_by,
            document.dated_at.isoformat() if document.dated_at else None,
        ),
    )
    enqueue(connection, document.id, Stage.READ)


def _change(connection: sqlite3.Connection, document: DocumentId, wanted: Document, sha256: str) -> str | None:
    """Give a document other bytes and queue it; answers the old ones' digest where nobody uses them any more."""
    (old,) = connection.execute("SELECT sha256 FROM documents WHERE id = ?", (document,)).fetchone()
    connection.execute(
        "UPDATE documents SET sha256 = ?, size_bytes = ?, media_type = ?, status = ?, reason = NULL, progress = 0, "
        "added_at = ?, dated_at = ? WHERE id = ?",
        (
            sha256,
            wanted.size_bytes,
            wanted.media_type,
            Status.QUEUED,
            wanted.added_at.isoformat(),
            wanted.dated_at.isoformat() if wanted.dated_at else None,
            document,
        ),
    )
    enqueue(connection, document, Stage.READ)
    others = connection.execute("SELECT 1 FROM documents WHERE sha256 = ?", (old,)).fetchone()
    return None if others else str(old)


def _name_after_another(connection: sqlite3.Connection, document: DocumentId) -> None:
    """A document is called after one of its files; where that one is gone, after the next."""
    rows = connection.execute("SELECT path FROM files WHERE document_id = ? ORDER BY path", (document,)).fetchall()
    paths = [row["path"] for row in rows]
    row = connection.execute("SELECT name, folder, status FROM documents WHERE id = ?", (document,)).fetchone()
    if f"{row['folder']}/{row['name']}".strip("/") in paths:
        return
    connection.execute(
        "UPDATE documents SET name = ?, folder = ? WHERE id = ?", (name_of(paths[0]), folder_of(paths[0]), document)
    )
    if row["status"] in {Status.SEARCHABLE, Status.READY}:
        enqueue(connection, document, Stage.WORDS)

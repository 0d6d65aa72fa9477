"""The rows of documents and their pages in SQLite: every question names the shelves that the asker may read."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assistant.documents import Document, Status
from assistant.filing import Origin, Placed, place, take_away
from assistant.forgetting import forget_in_chats
from assistant.identifiers import DocumentId, PersonId, ShelfId
from assistant.library_errors import DocumentNotFoundError, NotFailedError, PageNotFoundError
from assistant.parser.kinds import PICTURED
from assistant.parser.page import PagePicture, origin_from_json
from assistant.places import Box, boxes_between
from assistant.queue import Stage, enqueue
from assistant.shelf_files import call_after, folder_of, forget_files, lay, name_of, paths_of, rename_file
from assistant.store import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A document that is gone from the truth, and what the indexes and the disk still have of it."""

    document: DocumentId
    shelf: ShelfId
    numbers: tuple[int, ...]
    """Of its passages."""
    unused: str | None
    """The digest of its bytes, where no other document has the same."""


class Records:
    """Reads and changes documents. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, sha256: str) -> Document:
        """Add a document and queue it, or answer with the one on the same shelf that has the same bytes."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO documents "
                "(id, shelf_id, name, media_type, size_bytes, sha256, status, added_at, folder, added_by) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (shelf_id, sha256) DO NOTHING",
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
                ),
            )
            row = connection.execute(
                "SELECT * FROM documents WHERE shelf_id = ? AND sha256 = ?", (document.shelf, sha256)
            ).fetchone()
            if row["id"] == document.id:
                lay(connection, document.shelf, f"{document.folder}/{document.name}".strip("/"), document.id)
                enqueue(connection, document.id, Stage.READ)
        return document_of(row)

    def rename(self, document: Document, path: str) -> None:
        """Call a document otherwise, or lay it into another folder of its shelf; its words are indexed anew.

        Raises FileNameTakenError.
        """
        with self._database.transaction() as connection:
            (old, *_others) = paths_of(connection, document.id)
            rename_file(connection, document.shelf, old, path)
            connection.execute(
                "UPDATE documents SET name = ?, folder = ? WHERE id = ?",
                (name_of(path), folder_of(path), document.id),
            )
            _index_again(connection, document)

    def move(self, document: Document, shelf: ShelfId) -> DocumentId:
        """Put a document on another shelf; answers the one that lies there then, which may have had the same bytes."""
        with self._database.transaction() as connection:
            there = connection.execute(
                "SELECT other.id FROM documents JOIN documents AS other ON other.sha256 = documents.sha256 "
                "WHERE documents.id = ? AND other.shelf_id = ? AND other.id != documents.id",
                (document.id, shelf),
            ).fetchone()
            if there is not None:
                return DocumentId(there["id"])
            paths = paths_of(connection, document.id)
            forget_files(connection, document.id)
            connection.execute("UPDATE documents SET shelf_id = ? WHERE id = ?", (shelf, document.id))
            laid = [lay(connection, shelf, path, document.id) for path in paths]
            connection.execute("UPDATE documents SET name = ? WHERE id = ?", (name_of(laid[0]), document.id))
            _index_again(connection, document)
        return document.id

    def try_again(self, document: Document) -> None:
        """Queue a document that could not be read once more. Raises NotFailedError."""
        with self._database.transaction() as connection:
            if not connection.execute(
                "UPDATE documents SET status = ?, reason = NULL, progress = 0 WHERE id = ? AND status = ?",
                (Status.QUEUED, document.id, Status.FAILED),
            ).rowcount:
                raise NotFailedError
            enqueue(connection, document.id, Stage.READ)

    def all(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """All documents on these shelves, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM documents WHERE shelf_id IN ({marks(shelves)}) ORDER BY added_at DESC, id",  # noqa: S608 - question marks
                tuple(shelves),
            ).fetchall()
        return [document_of(row) for row in rows]

    def one(self, document: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        """One document. Raises DocumentNotFoundError."""
        return document_of(self._row(document, shelves))

    def sha256(self, document: DocumentId, shelves: Sequence[ShelfId]) -> str:
        """The digest of a document's bytes. Raises DocumentNotFoundError."""
        return str(self._row(document, shelves)["sha256"])

    def page_text(self, document: DocumentId, page: int, shelves: Sequence[ShelfId]) -> str:
        """A page's text. Raises DocumentNotFoundError or PageNotFoundError."""
        pages = self.one(document, shelves).pages
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT text FROM pages WHERE document_id = ? AND page = ?", (document, page)
            ).fetchone()
        if row is None:
            raise PageNotFoundError(page, pages)
        return str(row["text"])

    def boxes(self, document: DocumentId, page: int, start: int, end: int) -> tuple[Box, ...]:
        """Where the words in characters [start, end) of a scanned page stand; empty where nothing is known of it."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT words FROM pages WHERE document_id = ? AND page = ?", (document, page)
            ).fetchone()
        return () if row is None or row["words"] is None else boxes_between(row["words"], start, end)

    def origin(self, document: Document, page: int) -> PagePicture | None:
        """Where the picture of a page is; None where it has none."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT origin FROM pages WHERE document_id = ? AND page = ?", (document.id, page)
            ).fetchone()
        if row is None or row["origin"] is None:
            return PagePicture(page=page) if document.media_type in PICTURED else None
        origin = origin_from_json(json.loads(row["origin"]))
        return origin if origin is not None and origin.page else None

    def delete(self, document: DocumentId) -> Removed | None:
        """Delete a document with all that is of it, and what chats quote of it; None where there is none.

        Watched files of it do not come back until they change.
        """
        with self._database.transaction() as connection:
            forget_files(connection, document)
            return _remove(connection, document)

    def digests(self) -> set[str]:
        """The digests of all documents' bytes."""
        with self._database.reading() as connection:
            return {row["sha256"] for row in connection.execute("SELECT sha256 FROM documents")}

    def name_again(self) -> int:
        """Give a name on its shelf to each document that has none, so that nobody loses it; answers how many.

        Earlier versions deleted a file and its document in two steps, and a power cut could come between them.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, shelf_id, trim(folder || '/' || name, '/') AS path FROM documents "
                "WHERE NOT EXISTS (SELECT 1 FROM files WHERE document_id = documents.id)"
            ).fetchall()
            for row in rows:
                lay(connection, ShelfId(row["shelf_id"]), row["path"], DocumentId(row["id"]))
        return len(rows)

    def shelf_of(self, document: DocumentId) -> ShelfId:
        """The shelf on which a document lies; one that was deleted meanwhile lies on none."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT shelf_id FROM documents WHERE id = ?", (document,)).fetchone()
        return ShelfId("" if row is None else row["shelf_id"])

    def place(self, document: Document, sha256: str, path: str, origin: Origin) -> tuple[Placed, Removed | None]:
        """Let a file be these bytes, see `filing.place`; a document that nothing names any more is removed with it."""
        with self._database.transaction() as connection:
            placed = place(connection, document, sha256, path, origin)
            return placed, None if placed.forsaken is None else _remove(connection, placed.forsaken)

    def take_away(self, shelf: ShelfId, path: str, source: str | None = None) -> Removed | None:
        """Forget a file, and with it its document where that has no other one; see `filing.take_away`."""
        with self._database.transaction() as connection:
            forsaken = take_away(connection, shelf, path, source)
            return None if forsaken is None else _remove(connection, forsaken)

    def move_file(self, shelf: ShelfId, old: str, new: str) -> None:
        """Give a file, or every file in a folder, another path. Raises FileNameTakenError or DocumentNotFoundError."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT path, document_id FROM files WHERE shelf_id = ? AND document_id IS NOT NULL "
                "AND (path = ? OR (path > ? AND path < ?))",  # 0 follows / in the order of paths
                (shelf, old, f"{old}/", f"{old}0"),
            ).fetchall()
            if not rows:
                raise DocumentNotFoundError
            for row in rows:
                target = new + row["path"][len(old) :]
                rename_file(connection, shelf, row["path"], target)
                call_after(connection, DocumentId(row["document_id"]), row["path"], target)

    def files(self, shelf: ShelfId) -> list[tuple[str, Document, str]]:
        """Every file on a shelf: its path, its document and the digest of its bytes."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT files.path AS file_path, documents.* FROM files JOIN documents ON documents.id = document_id "
                "WHERE files.shelf_id = ? ORDER BY files.path",
                (shelf,),
            ).fetchall()
        return [(row["file_path"], document_of(row), row["sha256"]) for row in rows]

    def shelves(self) -> list[ShelfId]:
        """Every shelf there is."""
        with self._database.reading() as connection:
            return [ShelfId(row["id"]) for row in connection.execute("SELECT id FROM shelves")]

    def _row(self, document: DocumentId, shelves: Sequence[ShelfId]) -> sqlite3.Row:
        with self._database.reading() as connection:
            row: sqlite3.Row | None = connection.execute(
                f"SELECT * FROM documents WHERE id = ? AND shelf_id IN ({marks(shelves)})",  # noqa: S608 - question marks
                (document, *shelves),
            ).fetchone()
        if row is None:
            raise DocumentNotFoundError
        return row


def _remove(connection: sqlite3.Connection, document: DocumentId) -> Removed | None:
    numbers = connection.execute("SELECT id FROM passages WHERE document_id = ?", (document,)).fetchall()
    forget_in_chats(connection, document)
    rows = connection.execute("DELETE FROM documents WHERE id = ? RETURNING shelf_id, sha256", (document,)).fetchall()
    if not rows:
        return None
    others = connection.execute("SELECT 1 FROM documents WHERE sha256 = ?", (rows[0]["sha256"],)).fetchone()
    return Removed(
        document=document,
        shelf=ShelfId(rows[0]["shelf_id"]),
        numbers=tuple(row["id"] for row in numbers),
        unused=None if others else str(rows[0]["sha256"]),
    )


def _index_again(connection: sqlite3.Connection, document: Document) -> None:
    """Its place in the index of words is another one; one that is still to be read gets there anyway."""
    if document.status in {Status.SEARCHABLE, Status.READY}:
        enqueue(connection, document.id, Stage.WORDS)


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values, for `IN (…)`."""
    return ", ".join("?" * len(values))


def document_of(row: sqlite3.Row) -> Document:
    """A row of `documents`."""
    return Document(
        id=DocumentId(row["id"]),
        shelf=ShelfId(row["shelf_id"]),
        name=row["name"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        pages=row["pages"],
        status=Status(row["status"]),
        reason=row["reason"],
        progress=row["progress"],
        added_at=datetime.fromisoformat(row["added_at"]),
        notes=tuple(json.loads(row["notes"])),
        folder=row["folder"],
        added_by=None if row["added_by"] is None else PersonId(row["added_by"]),
        dated_at=None if row["dated_at"] is None else date.fromisoformat(row["dated_at"]),
        is_locked=bool(row["is_locked"]),
    )

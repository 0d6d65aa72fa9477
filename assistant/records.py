"""The rows of documents and their pages in SQLite: every question names the shelves that the asker may read."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from assistant.documents import Document, Status
from assistant.errors import DocumentNotFoundError, PageNotFoundError
from assistant.identifiers import DocumentId, ShelfId
from assistant.places import Box, boxes_between
from assistant.queue import Stage, enqueue, finish
from assistant.store import Database


class Records:
    """Reads and changes documents. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, sha256: str) -> Document:
        """Add a document and queue it, or answer with the one on the same shelf that has the same bytes."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (shelf_id, sha256) DO NOTHING",
                (
                    document.id,
                    document.shelf,
                    document.name,
                    document.media_type,
                    document.size_bytes,
                    sha256,
                    document.status,
                    document.added_at.isoformat(),
                ),
            )
            row = connection.execute(
                "SELECT * FROM documents WHERE shelf_id = ? AND sha256 = ?", (document.shelf, sha256)
            ).fetchone()
            if row["id"] == document.id:
                enqueue(connection, document.id, Stage.READ)
        return _document(row)

    def all(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """All documents on these shelves, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT * FROM documents WHERE shelf_id IN ({marks(shelves)}) ORDER BY added_at DESC, id",  # noqa: S608 - question marks
                tuple(shelves),
            ).fetchall()
        return [_document(row) for row in rows]

    def one(self, document: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        """One document. Raises DocumentNotFoundError."""
        return _document(self._row(document, shelves))

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

    def to_read(self, document: DocumentId) -> tuple[str, str] | None:
        """The digest and media type of a document that is to be read now; None where it was deleted meanwhile."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE documents SET status = ?, progress = 0, notes = '[]' WHERE id = ? RETURNING sha256, media_type",
                (Status.READING, document),
            ).fetchone()
        return None if row is None else (row["sha256"], row["media_type"])

    def advance(self, document: DocumentId, progress: float) -> None:
        """Say how far the work on a document is."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE documents SET progress = ? WHERE id = ?", (progress, document))

    def fail(self, document: DocumentId, reason: str) -> None:
        """The end of the work on a document that cannot be read."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET status = ?, reason = ?, progress = 1 WHERE id = ?",
                (Status.FAILED, reason, document),
            )
            finish(connection, document)

    def explain(self, document: DocumentId, status: Status, reason: str | None) -> None:
        """Say why a document stays where it is for now."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE documents SET status = ?, reason = ? WHERE id = ?", (status, reason, document))

    def searchable(self, document: DocumentId) -> None:
        """Its words can be found; its vectors are next."""
        with self._database.transaction() as connection:
            if connection.execute(
                "UPDATE documents SET status = ?, progress = 0.5 WHERE id = ?", (Status.SEARCHABLE, document)
            ).rowcount:
                enqueue(connection, document, Stage.MEANING)

    def ready(self, document: DocumentId) -> None:
        """The end of the work on a document that can be found by words and meaning."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET status = ?, reason = NULL, progress = 1 WHERE id = ?", (Status.READY, document)
            )
            finish(connection, document)

    def delete(self, document: DocumentId) -> str | None:
        """Delete a document with all that is of it; answers its digest where no other document has the same bytes."""
        with self._database.transaction() as connection:
            row = connection.execute("DELETE FROM documents WHERE id = ? RETURNING sha256", (document,)).fetchone()
            if row is None:
                return None
            others = connection.execute("SELECT 1 FROM documents WHERE sha256 = ?", (row["sha256"],)).fetchone()
        return None if others else str(row["sha256"])

    def digests(self) -> set[str]:
        """The digests of all documents' bytes."""
        with self._database.reading() as connection:
            return {row["sha256"] for row in connection.execute("SELECT sha256 FROM documents")}

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


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values, for `IN (…)`."""
    return ", ".join("?" * len(values))


def _document(row: sqlite3.Row) -> Document:
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
    )

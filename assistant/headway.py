"""How far the work on each document is, as its row says; what was deleted or changed meanwhile is left alone."""

import sqlite3

from assistant.documents import Status
from assistant.identifiers import DocumentId
from assistant.parser.client import Reading
from assistant.queue import Job, Stage, drop, hand_on, is_current
from assistant.store import Database


class Headway:
    """Notes each step of the work on a document. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def to_read(self, job: Job) -> tuple[str, str] | None:
        """The digest and media type of a document that is read now; None where it was deleted or changed meanwhile."""
        with self._database.transaction() as connection:
            if not is_current(connection, job):
                return None
            row = connection.execute(
                "UPDATE documents SET status = ?, progress = 0, notes = '[]' WHERE id = ? RETURNING sha256, media_type",
                (Status.READING, job.document),
            ).fetchone()
        return row["sha256"], row["media_type"]

    def told(self, job: Job, reading: Reading) -> None:
        """Keep what a file said of itself."""
        with self._database.transaction() as connection:
            if is_current(connection, job):
                connection.execute(
                    "UPDATE documents SET dated_at = coalesce(?, dated_at), media_type = coalesce(?, media_type) "
                    "WHERE id = ?",
                    (reading.day.isoformat() if reading.day else None, reading.media_type, job.document),
                )

    def advance(self, document: DocumentId, progress: float) -> None:
        """Say how far the work on a document is."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE documents SET progress = ? WHERE id = ?", (progress, document))

    def fail(self, document: DocumentId, reason: str) -> None:
        """Nobody is to work on this document: it cannot be read."""
        with self._database.transaction() as connection:
            _fail(connection, document, reason)

    def give_up(self, job: Job, reason: str) -> None:
        """The end of the work on a document that cannot be read."""
        with self._database.transaction() as connection:
            if is_current(connection, job):
                _fail(connection, job.document, reason)

    def explain(self, job: Job, status: Status, reason: str) -> None:
        """Say why a document stays where it is for now."""
        with self._database.transaction() as connection:
            if is_current(connection, job):
                connection.execute(
                    "UPDATE documents SET status = ?, reason = ? WHERE id = ?", (status, reason, job.document)
                )

    def searchable(self, job: Job) -> None:
        """Its words can be found; its vectors are next."""
        with self._database.transaction() as connection:
            if is_current(connection, job):
                connection.execute(
                    "UPDATE documents SET status = ?, progress = 0.5 WHERE id = ?", (Status.SEARCHABLE, job.document)
                )
                hand_on(connection, job, Stage.MEANING, running=False)

    def ready(self, job: Job) -> None:
        """The end of the work on a document that can be found by words and meaning."""
        with self._database.transaction() as connection:
            if is_current(connection, job):
                connection.execute(
                    "UPDATE documents SET status = ?, reason = NULL, progress = 1 WHERE id = ?",
                    (Status.READY, job.document),
                )
                drop(connection, job.document)


def _fail(connection: sqlite3.Connection, document: DocumentId, reason: str) -> None:
    connection.execute(
        "UPDATE documents SET status = ?, reason = ?, progress = 1 WHERE id = ?", (Status.FAILED, reason, document)
    )
    drop(connection, document)

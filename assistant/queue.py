"""The durable queue: which documents still need which work. A row lives until its work is done, come what may."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from assistant.identifiers import DocumentId
from assistant.store import Database

ATTEMPTS: Final = 3
"""A file during which the whole assistant died so often is not tried again."""


class Stage(StrEnum):
    """What has to be done next for a document."""

    READ = "read"
    WORDS = "words"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next work on one document; `attempts` counts this one."""

    document: DocumentId
    stage: Stage
    attempts: int


def enqueue(connection: sqlite3.Connection, document: DocumentId, stage: Stage) -> None:
    """Put a document into the queue, or move it on to another stage, within the caller's transaction."""
    connection.execute(
        "INSERT INTO jobs (document_id, stage, queued_at) VALUES (?, ?, ?) "
        "ON CONFLICT (document_id) DO UPDATE SET stage = excluded.stage, running = 0, attempts = 0",
        (document, stage, datetime.now(UTC).isoformat()),
    )


def finish(connection: sqlite3.Connection, document: DocumentId) -> None:
    """Take a document out of the queue, within the caller's transaction."""
    connection.execute("DELETE FROM jobs WHERE document_id = ?", (document,))


class Queue:
    """Hands out jobs, each to one worker at a time. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, stages: Sequence[Stage]) -> Job | None:
        """The oldest waiting job of these stages, now marked as running; None where there is none."""
        marks = ", ".join("?" * len(stages))
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE jobs SET running = 1, attempts = attempts + 1 WHERE document_id = ("  # noqa: S608 - question marks
                f"SELECT document_id FROM jobs WHERE NOT running AND stage IN ({marks}) "
                "ORDER BY queued_at, document_id LIMIT 1) RETURNING document_id, stage, attempts",
                tuple(stages),
            ).fetchone()
        if row is None:
            return None
        return Job(document=DocumentId(row["document_id"]), stage=Stage(row["stage"]), attempts=row["attempts"])

    def put_back(self, job: Job) -> None:
        """Let a job wait again that could not be done now through no fault of the document."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET running = 0, attempts = attempts - 1 WHERE document_id = ?", (job.document,)
            )

    def recover(self) -> int:
        """After a start: put back what was interrupted; answers how many jobs that were."""
        with self._database.transaction() as connection:
            return connection.execute("UPDATE jobs SET running = 0 WHERE running").rowcount

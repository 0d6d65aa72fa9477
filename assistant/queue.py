"""The durable queue: which documents still need which work. A row lives until its work is done, come what may.

A document that changes is queued anew, and the work that was going on for it counts no more: whoever does it holds a
`Job` that the row no longer agrees with, and every step of it that would be kept asks for that first.
"""

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
    queued_at: str
    """When the document was queued, which tells this work from any later one on it."""


def enqueue(connection: sqlite3.Connection, document: DocumentId, stage: Stage) -> None:
    """Put a document into the queue, within the caller's transaction; work that is going on for it counts no more."""
    connection.execute(
        "INSERT INTO jobs (document_id, stage, queued_at) VALUES (?, ?, ?) ON CONFLICT (document_id) DO UPDATE "
        "SET stage = excluded.stage, queued_at = excluded.queued_at, running = 0, attempts = 0",
        (document, stage, datetime.now(UTC).isoformat()),
    )


def is_current(connection: sqlite3.Connection, job: Job) -> bool:
    """Whether this is still the work on its document, which was neither deleted nor queued anew."""
    row = connection.execute("SELECT queued_at FROM jobs WHERE document_id = ?", (job.document,)).fetchone()
    return row is not None and row["queued_at"] == job.queued_at


def hand_on(connection: sqlite3.Connection, job: Job, stage: Stage, *, running: bool) -> None:
    """Move a current job on to its next stage, which begins at once where it is running."""
    connection.execute(
        "UPDATE jobs SET stage = ?, running = ?, attempts = ? WHERE document_id = ? AND queued_at = ?",
        (stage, running, int(running), job.document, job.queued_at),
    )


def drop(connection: sqlite3.Connection, document: DocumentId) -> None:
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
                "ORDER BY queued_at, document_id LIMIT 1) RETURNING *",
                tuple(stages),
            ).fetchone()
        if row is None:
            return None
        return Job(
            document=DocumentId(row["document_id"]),
            stage=Stage(row["stage"]),
            attempts=row["attempts"],
            queued_at=row["queued_at"],
        )

    def put_back(self, job: Job) -> None:
        """Let a job wait again that could not be done now through no fault of the document."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET running = 0, attempts = attempts - 1 WHERE document_id = ? AND queued_at = ?",
                (job.document, job.queued_at),
            )

    def recover(self) -> int:
        """After a start: put back what was interrupted; answers how many jobs that were."""
        with self._database.transaction() as connection:
            interrupted = connection.execute("UPDATE jobs SET running = 0 WHERE running").rowcount
            lost = connection.execute(
                "SELECT id, status FROM documents WHERE status NOT IN ('ready', 'failed') "
                "AND id NOT IN (SELECT document_id FROM jobs)"
            ).fetchall()
            for row in lost:
                enqueue(connection, DocumentId(row["id"]), _UNFINISHED.get(row["status"], Stage.READ))
        return interrupted + len(lost)


_UNFINISHED: Final = {"searchable": Stage.MEANING}
"""What a document of this status needs next; any other is read anew."""

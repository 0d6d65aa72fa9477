"""What a job is as a row of the database: its names, its lease, its steps, and how a row is read."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType

from assistant.identifiers import ChatId, DocumentId, PersonId
from assistant.jobs.state import Standing, State

JobId = NewType("JobId", str)


class Kind(StrEnum):
    """What a job is about."""

    ANSWER = "answer"
    """A question that is answered from many files."""
    MEANING = "meaning"
    """The vectors of a large file, which another node computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to bring results of a job, until another has it."""

    job: JobId
    worker: str
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its person sees it."""

    id: JobId
    kind: Kind
    state: State
    person_id: PersonId | None
    chat_id: ChatId | None
    question: str
    file: str
    """The name of the file that it is about; empty where it is about many."""
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file of an answer, with what it gave where that is known."""

    number: int
    document: DocumentId
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is to do for the whole house, without what it is about."""

    waiting: int
    running: int


JOB: Final = (
    "SELECT background_jobs.*, documents.name AS file "
    "FROM background_jobs LEFT JOIN documents ON documents.id = document_id"
)


def state_of(row: sqlite3.Row) -> State:
    """The state in a row of a job."""
    return State(
        standing=Standing(row["standing"]),
        token=row["token"],
        worker=row["worker"],
        expires_at=row["expires_at"],
        attempts=row["attempts"],
        not_before=row["not_before"],
        done=row["done"],
        total=row["total"],
        end_is_wished=bool(row["end_is_wished"]),
        reason=row["reason"],
    )


def job_of(row: sqlite3.Row) -> Job:
    """A row of `JOB`."""
    return Job(
        id=JobId(row["id"]),
        kind=Kind(row["kind"]),
        state=state_of(row),
        person_id=row["person_id"],
        chat_id=row["chat_id"],
        question=row["question"] or "",
        file=row["file"] or "",
        made_at=datetime.fromisoformat(row["made_at"]),
    )


def step_of(row: sqlite3.Row) -> Step:
    """A row of a step."""
    return Step(
        number=row["step"],
        document=DocumentId(row["document_id"]),
        result=None if row["result"] is None else json.loads(row["result"]),
    )

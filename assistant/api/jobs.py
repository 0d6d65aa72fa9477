"""Jobs in the background on the wire: a question is handed over, seen, and cancelled by its person and nobody else."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import CurrentPerson
from assistant.api.errors import documented
from assistant.api.models import Identifier, Text
from assistant.chats import Chats
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Job, JobId


class JobRequest(BaseModel):
    """A question that need not be answered at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Text


class JobAnswer(BaseModel):
    """A job of the caller."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["answer", "meaning"] = Field(
        description="A question that is answered from many files, or the meaning of a large file."
    )
    standing: Literal["waiting", "running", "done", "failed", "cancelled"]
    question: str
    file: str = Field(description="The file that it is about; empty where it is about many.")
    chat_id: str | None = Field(description="Where the answer is kept.")
    worker: str = Field(description="Which box does it, or did it last.")
    done: int = Field(description="Steps that are done.")
    total: int = Field(description="Steps that there are; 0 until that is known.")
    is_ending: bool = Field(description="Cancelled, and waits for the end of a step.")
    reason: str = Field(description="Why it failed, or why the last attempt did; else empty.")
    made_at: datetime


class CountsAnswer(BaseModel):
    """How much there is to do for everybody, without what it is about."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    waiting: int
    running: int


class JobsAnswer(BaseModel):
    """The caller's jobs, newest first."""

    jobs: list[JobAnswer]
    house: CountsAnswer | None = Field(description="For the owner alone: how many jobs the whole house has.")


def router(*, records: JobRecords, chats: Chats, wake: Callable[[], None]) -> APIRouter:
    """The routes; each reaches the person's own jobs and no other. `wake` tells the worker of a new one."""
    routes = APIRouter(tags=["jobs"])

    @routes.post(
        "/api/jobs",
        status_code=201,
        summary="Hand over a question",
        responses=documented(400, 401, 403, 409, 413, 422),
    )
    async def hand_over(given: JobRequest, person: CurrentPerson) -> JobAnswer:
        """Answered from every file that may hold something of it, in a chat of its own; nobody has to wait."""
        job = records.add_answer(
            person.id, given.text, lambda connection: chats.begin(connection, person.id, given.text)
        )
        wake()
        return told(job)

    @routes.get("/api/jobs", summary="List my jobs", responses=documented(401, 409))
    async def list_jobs(person: CurrentPerson) -> JobsAnswer:
        """The person's jobs with how far they are; ended ones for a week."""
        counts = records.counts() if person.role == "owner" else None
        return JobsAnswer(
            jobs=[told(job) for job in records.of(person.id)],
            house=None if counts is None else CountsAnswer.model_validate(counts),
        )

    @routes.post("/api/jobs/{job_id}/cancel", summary="Cancel a job", responses=documented(401, 403, 404, 409, 422))
    async def cancel(job_id: Identifier, person: CurrentPerson) -> JobAnswer:
        """It ends after the step that runs; what it has found by then is kept."""
        return told(records.cancel(JobId(job_id), person.id))

    return routes


def told(job: Job) -> JobAnswer:
    """A job as it goes over the wire."""
    state = job.state
    return JobAnswer(
        id=job.id,
        kind=job.kind.value,
        standing=state.standing.value,
        question=job.question,
        file=job.file,
        chat_id=job.chat_id,
        worker=state.worker,
        done=state.done,
        total=state.total,
        is_ending=state.end_is_wished and state.standing.value == "running",
        reason=state.reason,
        made_at=job.made_at,
    )

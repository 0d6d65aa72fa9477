"""The rows of jobs in SQLite: each change is a transition of `state.py`, in one transaction with what it brings."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from assistant.clock import Clock
from assistant.identifiers import ChatId, DocumentId, PersonId
from assistant.jobs import state as states
from assistant.jobs.errors import JobNotFoundError, StaleLeaseError, TooManyJobsError
from assistant.jobs.rows import JOB, Counts, Job, JobId, Kind, Lease, Step, job_of, state_of, step_of
from assistant.jobs.state import ENDED, Standing, State
from assistant.store import Database

MOST_WAITING: Final = 20
"""Answers that one person may have under way."""
KEPT_SECONDS: Final = 7 * 24 * 3600.0
"""For so long an ended job is still listed."""

Also = Callable[[sqlite3.Connection], None]
"""What happens in the same transaction, or not at all."""
Leave = Callable[[sqlite3.Connection, Job, Sequence[Step]], None]
"""Where what an answer's job has goes when it ends, however it ends; in the same transaction."""


class JobRecords:
    """Every job there is. Blocking; usable from any thread."""

    def __init__(self, database: Database, *, clock: Clock, leave: Leave) -> None:
        self._database = database
        self._clock = clock
        self._leave = leave

    def add_answer(self, person: PersonId, question: str, chat: Callable[[sqlite3.Connection], ChatId]) -> Job:
        """A question to be answered in the background, in the chat that is made for it. Raises TooManyJobsError."""
        with self._database.transaction() as connection:
            (under_way,) = connection.execute(
                "SELECT count(*) FROM background_jobs WHERE person_id = ? AND kind = ? AND standing IN (?, ?)",
                (person, Kind.ANSWER, Standing.WAITING, Standing.RUNNING),
            ).fetchone()
            if under_way >= MOST_WAITING:
                raise TooManyJobsError(MOST_WAITING)
            job = self._add(connection, State(), Kind.ANSWER, person=person, chat=chat(connection), question=question)
            return _row(connection, job)

    def begin_meaning(self, document: DocumentId, *, worker: str, total: int) -> Lease | None:
        """A new job for a large file, with its lease; what was known of an earlier one is void.

        None where the document is gone.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT (SELECT people.id FROM people WHERE people.id = added_by) AS person "
                "FROM documents WHERE id = ?",
                (document,),
            ).fetchone()
            if row is None:
                return None
            connection.execute("DELETE FROM background_jobs WHERE document_id = ?", (document,))
            state = states.claimed(State(total=total), worker=worker, now=self._now())
            job = self._add(connection, state, Kind.MEANING, person=row["person"], document=document)
        return Lease(job=job, worker=worker, token=state.token)

    def claim(self, kind: Kind, *, worker: str) -> Lease | None:
        """The oldest job of this kind that may begin; those whose workers fell silent are taken back first."""
        now = self._now()
        if not self._is_any_under_way():
            return None
        with self._database.transaction() as connection:
            self._take_back(connection, lambda state: state.has_lapsed(now))
            row = connection.execute(
                "SELECT * FROM background_jobs WHERE kind = ? AND standing = ? AND not_before <= ? "
                "ORDER BY made_at, id LIMIT 1",
                (kind, Standing.WAITING, now),
            ).fetchone()
            if row is None:
                return None
            state = states.claimed(state_of(row), worker=worker, now=now)
            self._write(connection, JobId(row["id"]), state)
        return Lease(job=JobId(row["id"]), worker=worker, token=state.token)

    def recover(self) -> int:
        """After a start: every worker of before is gone; answers how many jobs they had. Old ended ones are removed."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM background_jobs WHERE ended_at < ?", (self._now() - KEPT_SECONDS,))
            # The lane that indexes begins these anew where there is still a node for it.
            connection.execute("DELETE FROM background_jobs WHERE kind = ? AND ended_at IS NULL", (Kind.MEANING,))
            return self._take_back(connection, lambda _state: True)

    def held(self, lease: Lease) -> Job:
        """The job of a lease that counts; its `state` says whether its end is wished. Raises StaleLeaseError."""
        with self._database.reading() as connection:
            row = connection.execute(f"{JOB} WHERE background_jobs.id = ?", (lease.job,)).fetchone()
        if row is None or row["token"] != lease.token or row["standing"] != Standing.RUNNING:
            raise StaleLeaseError
        return job_of(row)

    def beat(self, lease: Lease) -> None:
        """The worker lives. Raises StaleLeaseError."""
        self._change(lease, lambda state: states.beaten(state, token=lease.token, now=self._now()))

    def plan(self, lease: Lease, documents: Sequence[DocumentId]) -> None:
        """Which files an answer goes through, a step each; what is planned stays planned. Raises StaleLeaseError."""
        with self._database.transaction() as connection:
            self._step(connection, lease, total=len(documents))
            connection.executemany(
                "INSERT OR IGNORE INTO background_steps (job_id, step, document_id) "
                "SELECT ?, ?, id FROM documents WHERE id = ?",
                ((lease.job, number, document) for number, document in enumerate(documents)),
            )

    def steps(self, lease: Lease) -> list[Step]:
        """The files of an answer, in their order; those that were deleted meanwhile are gone."""
        with self._database.reading() as connection:
            return _steps(connection, lease.job)

    def keep(self, lease: Lease, step: int, result: dict[str, Any]) -> None:
        """The result of a step, once: a second one changes nothing. Raises StaleLeaseError."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE background_steps SET result = ? WHERE job_id = ? AND step = ? AND result IS NULL",
                (json.dumps(result, ensure_ascii=False), lease.job, step),
            )
            done, total = connection.execute(
                "SELECT count(result), count(*) FROM background_steps WHERE job_id = ?", (lease.job,)
            ).fetchone()
            self._step(connection, lease, done=done, total=total)

    def advance(self, lease: Lease, count: int, also: Also) -> None:
        """So many steps more, with what they bring. Raises StaleLeaseError; then nothing is kept."""
        with self._database.transaction() as connection:
            done = self._read(connection, lease.job).done
            self._step(connection, lease, done=done + count)
            also(connection)

    def finish(self, lease: Lease) -> None:
        """All steps are done. Raises StaleLeaseError."""
        self._change(lease, lambda state: states.finished(state, token=lease.token))

    def stop(self, lease: Lease, reason: str = "") -> None:
        """The worker heeded the wish to end, or leaves the rest to somebody else. Raises StaleLeaseError."""
        self._change(lease, lambda state: states.stopped(state, token=lease.token, reason=reason))

    def fail(self, lease: Lease, reason: str) -> None:
        """The attempt failed; the job is tried again later, or this was the last one. Raises StaleLeaseError."""
        self._change(lease, lambda state: states.broken(state, token=lease.token, now=self._now(), reason=reason))

    def release(self, lease: Lease) -> None:
        """An orderly stop is no attempt that failed. Raises StaleLeaseError."""
        self._change(lease, lambda state: states.released(state, token=lease.token))

    def of(self, person: PersonId) -> list[Job]:
        """This person's jobs, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{JOB} WHERE background_jobs.person_id = ? ORDER BY made_at DESC, background_jobs.id", (person,)
            ).fetchall()
        return [job_of(row) for row in rows]

    def counts(self) -> Counts:
        """How much there is to do for everybody."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT standing, count(*) AS number FROM background_jobs WHERE ended_at IS NULL GROUP BY standing"
            ).fetchall()
        numbers = {row["standing"]: int(row["number"]) for row in rows}
        return Counts(waiting=numbers.get(Standing.WAITING, 0), running=numbers.get(Standing.RUNNING, 0))

    def cancel(self, job: JobId, person: PersonId) -> Job:
        """This person wants it no more. Raises JobNotFoundError, also where it is another person's."""
        with self._database.transaction() as connection:
            row = connection.execute(
                f"{JOB} WHERE background_jobs.id = ? AND background_jobs.person_id = ?", (job, person)
            ).fetchone()
            if row is None:
                raise JobNotFoundError
            before = state_of(row)
            if (after := states.cancelled(before)) != before:
                self._write(connection, job, after)
            return _row(connection, job)

    def _is_any_under_way(self) -> bool:
        """A look that waits for nobody who writes: it is asked every other second."""
        with self._database.reading() as connection:
            return (
                connection.execute("SELECT 1 FROM background_jobs WHERE ended_at IS NULL LIMIT 1").fetchone()
                is not None
            )

    def _add(
        self,
        connection: sqlite3.Connection,
        state: State,
        kind: Kind,
        *,
        person: PersonId | None,
        chat: ChatId | None = None,
        document: DocumentId | None = None,
        question: str | None = None,
    ) -> JobId:
        job = JobId(secrets.token_urlsafe(12))
        connection.execute(
            "INSERT INTO background_jobs (id, kind, person_id, chat_id, document_id, question, made_at, standing, "
            "token, worker, expires_at, attempts, not_before, done, total, end_is_wished, reason) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, '', 0, 0, 0, 0, 0, 0, '')",
            (job, kind, person, chat, document, question, self._clock.now().isoformat()),
        )
        self._write(connection, job, state)
        return job

    def _step(
        self, connection: sqlite3.Connection, lease: Lease, *, done: int | None = None, total: int | None = None
    ) -> None:
        state = self._read(connection, lease.job)
        after = states.kept(
            state,
            token=lease.token,
            now=self._now(),
            done=state.done if done is None else done,
            total=state.total if total is None else total,
        )
        self._write(connection, lease.job, after)

    def _change(self, lease: Lease, change: Callable[[State], State]) -> None:
        with self._database.transaction() as connection:
            self._write(connection, lease.job, change(self._read(connection, lease.job)))

    def _take_back(self, connection: sqlite3.Connection, is_gone: Callable[[State], bool]) -> int:
        rows = connection.execute("SELECT * FROM background_jobs WHERE standing = ?", (Standing.RUNNING,)).fetchall()
        taken = [row for row in rows if is_gone(state_of(row))]
        for row in taken:
            self._write(connection, JobId(row["id"]), states.lapsed(state_of(row), now=self._now()))
        return len(taken)

    def _read(self, connection: sqlite3.Connection, job: JobId) -> State:
        row = connection.execute("SELECT * FROM background_jobs WHERE id = ?", (job,)).fetchone()
        if row is None:
            raise StaleLeaseError
        return state_of(row)

    def _write(self, connection: sqlite3.Connection, job: JobId, state: State) -> None:
        has_ended = state.standing in ENDED
        connection.execute(
            "UPDATE background_jobs SET standing = ?, token = ?, worker = ?, expires_at = ?, attempts = ?, "
            "not_before = ?, done = ?, total = ?, end_is_wished = ?, reason = ?, "
            "ended_at = CASE WHEN ? THEN coalesce(ended_at, ?) END WHERE id = ?",
            (
                state.standing,
                state.token,
                state.worker,
                state.expires_at,
                state.attempts,
                state.not_before,
                state.done,
                state.total,
                state.end_is_wished,
                state.reason,
                has_ended,
                self._now(),
                job,
            ),
        )
        if has_ended:
            self._clear(connection, job)

    def _clear(self, connection: sqlite3.Connection, job: JobId) -> None:
        """Leave what there is, and throw away what led to it."""
        ended = _row(connection, job)
        if ended.kind is Kind.ANSWER:
            self._leave(connection, ended, _steps(connection, job))
        connection.execute("DELETE FROM background_steps WHERE job_id = ?", (job,))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _steps(connection: sqlite3.Connection, job: JobId) -> list[Step]:
    rows = connection.execute("SELECT * FROM background_steps WHERE job_id = ? ORDER BY step", (job,)).fetchall()
    return [step_of(row) for row in rows]


def _row(connection: sqlite3.Connection, job: JobId) -> Job:
    return job_of(connection.execute(f"{JOB} WHERE background_jobs.id = ?", (job,)).fetchone())

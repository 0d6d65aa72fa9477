"""Jobs in a real database under a seeded clock: workers fall silent and come late, the home node dies, people cancel.

Nothing may be lost, doubled, or taken from a worker whose lease is over.
"""

import itertools
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assistant.chats import Chats
from assistant.identifiers import DocumentId, PersonId
from assistant.jobs.errors import StaleLeaseError, TooManyJobsError
from assistant.jobs.long_answers import left_in
from assistant.jobs.records import MOST_WAITING, JobRecords
from assistant.jobs.rows import Job, JobId, Kind, Lease
from assistant.jobs.state import ATTEMPTS, ENDED, LEASE_SECONDS, Standing
from assistant.store import Database
from tests.fakes import FakeClock

ADA = PersonId("ada")
WORKERS = ("this box", "attic", "cellar")


@cache
def _database() -> Database:
    """One for all histories, in memory where there is room for files in it."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="hearth-sim-", dir=memory if memory.is_dir() else None)
    database = Database(Path(folder) / "hearth.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO people VALUES (?, 'Ada', 'ada', 'owner', 'hash', '2027-01-01')", (ADA,))
    return database


@dataclass(frozen=True)
class Brought:
    """What a worker will bring, sooner or later."""

    lease: Lease
    step: int
    word: str


@dataclass
class World:
    """The records, the workers with all leases that they ever had, and what has to be true."""

    database: Database = field(default_factory=_database)
    clock: FakeClock = field(default_factory=FakeClock)
    leases: list[Lease] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    holder: dict[JobId, Lease] = field(default_factory=dict)
    """Whose lease counts, as far as is known without looking into the records."""
    heard: dict[JobId, float] = field(default_factory=dict)
    """When its holder was heard last."""
    results: dict[tuple[JobId, int], str] = field(default_factory=dict)
    """What was taken first for a step."""
    jobs: list[JobId] = field(default_factory=list)
    files: dict[JobId, int] = field(default_factory=dict)
    deleted: set[DocumentId] = field(default_factory=set)
    """Gone for good: a file that is added again is another document."""
    violations: list[str] = field(default_factory=list)
    words: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM background_jobs")
            connection.execute("DELETE FROM chats")
            connection.execute("DELETE FROM documents")
        self.start()

    def start(self) -> None:
        """The home node comes up, after whatever end."""
        self.chats = Chats(database=self.database, clock=self.clock)
        self.records = JobRecords(self.database, clock=self.clock, leave=left_in(self.chats))
        self.records.recover()
        self.holder.clear()

    def add(self, files: int) -> None:
        """Somebody hands over a question; with as many waiting as may, it is refused, and nothing of it stays."""
        try:
            job = self.records.add_answer(
                ADA, f"question {next(self.words)}", lambda one: self.chats.begin(one, ADA, "question")
            )
        except TooManyJobsError:
            if sum(self._job(job).state.standing not in ENDED for job in self.jobs) < MOST_WAITING:
                self.violations.append("a question was refused although there was room")
            return
        self.jobs.append(job.id)
        self.files[job.id] = files

    def claim(self, worker: str) -> None:
        """A worker looks for something to do."""
        now = self.clock.monotonic()
        for job in [one for one in self.holder if now - self.heard[one] > LEASE_SECONDS]:
            del self.holder[job]
        lease = self.records.claim(Kind.ANSWER, worker=worker)
        if lease is None:
            return
        if lease.job in self.holder:
            self.violations.append("a job was given to two workers")
        if any(one.job == lease.job and one.token >= lease.token for one in self.leases):
            self.violations.append("a lease is not newer than all before it")
        self.leases.append(lease)
        self._heard(lease)

    def begin(self, lease: Lease) -> None:
        """A worker plans, or begins a step; what it makes of that, it brings later."""
        try:
            job = self.records.held(lease)
        except StaleLeaseError:
            return
        if not job.state.total:
            self._with(lease, lambda: self.records.plan(lease, self._documents(lease.job)))
            return
        for step in self.records.steps(lease):
            if step.result is None:
                self.brought.append(Brought(lease=lease, step=step.number, word=f"word{next(self.words)}"))
                return
        self._with(lease, lambda: self.records.finish(lease))
        self.holder.pop(lease.job, None)

    def bring(self, one: Brought) -> None:
        """A result arrives, perhaps long after its worker lost the job, perhaps twice."""
        if self._with(one.lease, lambda: self.records.keep(one.lease, one.step, _result(one.word))):
            self.results.setdefault((one.lease.job, one.step), one.word)

    def beat(self, lease: Lease) -> None:
        """A worker says that it lives."""
        self._with(lease, lambda: self.records.beat(lease))

    def fail(self, lease: Lease) -> None:
        """An attempt fails."""
        if self._with(lease, lambda: self.records.fail(lease, "The engine is away. Try again.")):
            self.holder.pop(lease.job, None)

    def release(self, lease: Lease) -> None:
        """A worker stops in order."""
        if self._with(lease, lambda: self.records.release(lease)):
            self.holder.pop(lease.job, None)

    def heed(self, lease: Lease) -> None:
        """A worker looks whether its job is still wanted."""
        with suppress(StaleLeaseError):
            if self.records.held(lease).state.end_is_wished and self._with(lease, lambda: self.records.stop(lease)):
                self.holder.pop(lease.job, None)

    def cancel(self, job: JobId) -> None:
        """Its person wants it no more."""
        self.records.cancel(job, ADA)

    def delete(self, job: JobId) -> None:
        """One of its files is deleted."""
        with self.database.transaction() as connection:
            if connection.execute("DELETE FROM documents WHERE id = ?", (f"{job}-0",)).rowcount:
                self.deleted.add(DocumentId(f"{job}-0"))

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds=seconds)

    def settle(self) -> list[str]:
        """Everything under way arrives, then one good worker does what is left; answers what went wrong."""
        for one in self.brought:
            self.bring(one)
        for _ in range(1000):
            if not any(self._job(job).state.standing not in ENDED for job in self.jobs):
                break
            self.wait(LEASE_SECONDS + 1)
            self.claim("this box")
            self._work_off()
        for one in self.brought:
            self.bring(one)
        for job in self.jobs:
            self._look(self._job(job))
        return self.violations

    def _work_off(self) -> None:
        lease = self.leases[-1] if self.leases else None
        while lease is not None and self.holder.get(lease.job) == lease:
            if self.records.held(lease).state.end_is_wished:
                self.heed(lease)
                return
            count = len(self.brought)
            self.begin(lease)
            for one in self.brought[count:]:
                self.bring(one)

    def _look(self, job: Job) -> None:
        state = job.state
        if state.standing not in ENDED:
            self.violations.append("a job never ended")
        if state.attempts > ATTEMPTS:
            self.violations.append("a job was tried too often")
        if (state.standing is Standing.FAILED) != bool(state.reason):
            self.violations.append(f"a job that is {state.standing} has the reason “{state.reason}”")
        assert job.chat_id is not None
        messages = self.chats.messages(job.chat_id, ADA)
        if [one.role for one in messages] != ["user", "assistant"]:
            self.violations.append("a question was not answered exactly once")
            return
        if messages[1].interrupted != (state.standing is not Standing.DONE):
            self.violations.append("an answer is not what it says to be")
        told = Counter(word for word in messages[1].text.split() if word.startswith("word"))
        there = range(self.files[job.id])
        wanted = Counter(self.results[job.id, step] for step in there if (job.id, step) in self.results)
        gone = Counter([self.results.get((job.id, 0), "")]) if self._is_deleted(job.id) else Counter()
        if not (wanted - gone == told or wanted == told):
            self.violations.append(f"the answer has {told}, and was brought {wanted}")
        if state.standing is Standing.DONE and len(told) < self.files[job.id] - self._is_deleted(job.id):
            self.violations.append("a step is lost")

    def _is_deleted(self, job: JobId) -> bool:
        with self.database.reading() as connection:
            row = connection.execute("SELECT 1 FROM documents WHERE id = ?", (f"{job}-0",)).fetchone()
        return row is None

    def _with(self, lease: Lease, deed: Any) -> bool:
        """Whether a worker's deed was taken; it has to be refused where the worker's lease is over, and only there."""
        counts = self.holder.get(lease.job) == lease
        try:
            deed()
        except StaleLeaseError:
            if counts and self.clock.monotonic() - self.heard[lease.job] <= LEASE_SECONDS:
                self.violations.append("a worker was refused whose lease counts")
            return False
        if not counts:
            self.violations.append("a result was taken from a worker whose lease is over")
        self._heard(lease)
        return True

    def _heard(self, lease: Lease) -> None:
        self.holder[lease.job], self.heard[lease.job] = lease, self.clock.monotonic()

    def _documents(self, job: JobId) -> list[DocumentId]:
        found = [DocumentId(f"{job}-{number}") for number in range(self.files[job])]
        with self.database.transaction() as connection:
            for one in (one for one in found if one not in self.deleted):
                connection.execute(
                    "INSERT OR IGNORE INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, "
                    "added_at) VALUES (?, 'household', ?, 'text/plain', 1, ?, 'ready', '2027-01-01')",
                    (one, one, one),
                )
        return found

    def _job(self, job: JobId) -> Job:
        return next(one for one in self.records.of(ADA) if one.id == job)


def _result(word: str) -> dict[str, Any]:
    return {
        "found": True,
        "file": "a file",
        "answer": word,
        "citations": [],
        "passages": [],
        "fitted": 0,
        "dropped": 0,
        "computed_on": None,
    }


def history(seed: int, steps: int = 40) -> list[str]:
    """What went wrong in one history; the same for the same seed."""
    random_, world = random.Random(seed), World()
    for _ in range(steps):
        deed = random_.choices(
            ("add", "claim", "begin", "bring", "beat", "fail", "release", "heed", "cancel", "delete", "wait", "start"),
            weights=(3, 6, 9, 9, 2, 1, 1, 3, 1, 1, 3, 1),
        )[0]
        match deed:
            case "add" if len(world.jobs) < 4:
                world.add(random_.randrange(1, 4))
            case "claim":
                world.claim(random_.choice(WORKERS))
            case "wait":
                world.wait(random_.choice((1.0, 15.0, LEASE_SECONDS + 1, 3600.0)))
            case "start":
                world.start()
            case "bring" if world.brought:
                world.bring(random_.choice(world.brought))
            case "cancel" | "delete" if world.jobs:
                getattr(world, deed)(random_.choice(world.jobs))
            case "begin" | "beat" | "fail" | "release" | "heed" if world.leases:
                getattr(world, deed)(random_.choice(world.leases[-4:]))
            case _:
                pass
    return world.settle()

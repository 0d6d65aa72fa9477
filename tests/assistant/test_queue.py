from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.documents import Document, Status
from assistant.headway import Headway
from assistant.identifiers import HOUSEHOLD, DocumentId
from assistant.parser.page import Page
from assistant.passages import Passages
from assistant.queue import Queue, Stage, drop, enqueue
from assistant.records import Records
from assistant.store import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "hearth.sqlite")
    yield opened
    opened.close()


def add(database: Database, name: str) -> DocumentId:
    document = Document(
        id=DocumentId(name),
        shelf=HOUSEHOLD,
        name=name,
        media_type="text/plain",
        size_bytes=1,
        pages=0,
        status=Status.QUEUED,
        reason=None,
        progress=0.0,
        added_at=datetime.now(UTC),
    )
    return Records(database).add(document, sha256=name).id


def test_a_job_is_handed_out_once(database: Database) -> None:
    add(database, "a")
    queue = Queue(database)

    first, second = queue.claim([Stage.READ]), queue.claim([Stage.READ])

    assert first is not None
    assert first.document == "a"
    assert second is None


def test_the_oldest_job_comes_first(database: Database) -> None:
    for name in ("b", "a", "c"):
        add(database, name)
    queue = Queue(database)

    claimed = [queue.claim([Stage.READ]) for _ in range(3)]

    assert [job and job.document for job in claimed] == ["b", "a", "c"]


def test_an_interrupted_job_is_put_back_at_the_next_start_and_remembers_its_attempts(database: Database) -> None:
    add(database, "a")
    Queue(database).claim([Stage.READ])

    again = Queue(database)
    put_back = again.recover()
    job = again.claim([Stage.READ])

    assert put_back == 1
    assert job is not None
    assert job.attempts == 2


def test_a_job_put_back_for_another_reason_costs_no_attempt(database: Database) -> None:
    add(database, "a")
    queue = Queue(database)
    first = queue.claim([Stage.READ])
    assert first is not None

    queue.put_back(first)
    second = queue.claim([Stage.READ])

    assert second is not None
    assert second.attempts == 1


def test_a_stage_that_was_not_asked_for_waits(database: Database) -> None:
    add(database, "a")

    assert Queue(database).claim([Stage.MEANING]) is None


def test_work_on_a_document_that_was_queued_anew_counts_no_more(database: Database) -> None:
    document = add(database, "a")
    queue, headway, passages = Queue(database), Headway(database), Passages(database)
    job = queue.claim([Stage.READ])
    assert job is not None
    with database.transaction() as connection:
        enqueue(connection, document, Stage.READ)

    assert headway.to_read(job) is None
    assert passages.keep(job, [Page(number=1, text="The old words.")], []) is None
    headway.searchable(job)
    headway.ready(job)
    headway.give_up(job, "It was unreadable once.")
    queue.put_back(job)

    assert Records(database).one(document, [HOUSEHOLD]).status is Status.QUEUED
    again = queue.claim([Stage.READ])
    assert again is not None
    assert again.attempts == 1


def test_an_unfinished_document_without_a_job_gets_one_at_the_next_start(database: Database) -> None:
    document = add(database, "a")
    with database.transaction() as connection:
        drop(connection, document)

    assert Queue(database).recover() == 1
    assert Queue(database).claim([Stage.READ]) is not None

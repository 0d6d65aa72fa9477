"""Answers a question from every file that may hold something of it, a file a step, for as long as that takes."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Final, Protocol

from assistant.answers import Answers, Prepared, Searchable
from assistant.chats import Chats
from assistant.documents import Document, Findings
from assistant.errors import AssistantError
from assistant.events import Cited, Done, Failed
from assistant.identifiers import DocumentId, PersonId, ShelfId
from assistant.jobs.composed import composed
from assistant.jobs.errors import StepFailedError
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Job, Lease, Step
from assistant.jobs.state import Standing
from assistant.people import People
from assistant.shelves import Shelves

MOST_FILES: Final = 30
"""Files that one answer goes through: those that fit the question best."""
_SEARCHED: Final = 50

Reach = Callable[[PersonId], Sequence[ShelfId]]
"""The shelves that a person may read at this moment."""


class Library(Searchable, Protocol):
    """What long answers need of the library."""

    async def search_within(
        self, documents: Sequence[DocumentId], text: str, shelves: Sequence[ShelfId], limit: int = 10
    ) -> Findings:
        """The passages of these documents, as far as they are on these shelves, that fit the text best."""
        ...


class LongAnswers:
    """Does one step of a job at a time; whatever is kept of it is kept in the records."""

    def __init__(self, *, records: JobRecords, library: Library, answers: Answers, reach: Reach) -> None:
        self._records = records
        self._library = library
        self._answers = answers
        self._reach = reach

    async def step(self, lease: Lease) -> bool:
        """Do the next step; false where that was the end. Raises StepFailedError or StaleLeaseError."""
        job = self._records.held(lease)
        steps = self._records.steps(lease)
        if not job.state.total:
            return await self._planned(lease, job)
        waiting = next((step for step in steps if step.result is None), None)
        if waiting is None:
            self._records.finish(lease)
            return False
        self._records.keep(lease, waiting.number, await self._read(job, waiting.document))
        return True

    async def _planned(self, lease: Lease, job: Job) -> bool:
        """Look which files may hold something; where none does, that is the answer."""
        try:
            findings = await self._library.search(job.question, self._shelves(job), _SEARCHED)
        except AssistantError as error:
            raise StepFailedError(str(error)) from error
        files = list(dict.fromkeys(passage.document_id for passage in findings.passages))[:MOST_FILES]
        if not files:
            self._records.finish(lease)
            return False
        self._records.plan(lease, files)
        return True

    async def _read(self, job: Job, document: DocumentId) -> dict[str, Any]:
        """What one file says to the question."""
        answers = self._answers.over(_OneFile(self._library, document))
        try:
            prepared = await answers.prepare(job.question, self._shelves(job))
        except AssistantError as error:
            raise StepFailedError(str(error)) from error
        citations = []
        ending: Done | Failed | None = None
        async with aclosing(answers.stream(prepared, line=f"{job.person_id} in the background")) as events:
            async for event in events:
                if isinstance(event, Cited):
                    citations.append(asdict(event.citation))
                elif isinstance(event, Done | Failed):
                    ending = event
        if not isinstance(ending, Done):
            raise StepFailedError(ending.message if ending else "The answer broke off.")
        return _result(prepared, ending)

    def _shelves(self, job: Job) -> Sequence[ShelfId]:
        return self._reach(job.person_id) if job.person_id else ()


class _OneFile:
    """A library with one file in it."""

    def __init__(self, library: Library, document: DocumentId) -> None:
        self._library = library
        self._document = document

    def documents(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """That one, where it may be read."""
        return [one for one in self._library.documents(shelves) if one.id == self._document]

    async def search(self, text: str, shelves: Sequence[ShelfId], limit: int = 10) -> Findings:
        """Its passages that fit the text best."""
        return await self._library.search_within([self._document], text, shelves, limit)


def _result(prepared: Prepared, ending: Done) -> dict[str, Any]:
    passages = prepared.findings.passages
    return {
        "found": prepared.prompt is not None,
        "file": passages[0].file if passages else "",
        "answer": ending.answer,
        "citations": [asdict(citation) for citation in ending.citations],
        "passages": [asdict(passage) for passage in passages],
        "fitted": ending.fitted,
        "dropped": ending.dropped,
        "weaker": ending.weaker,
        "computed_on": asdict(ending.computed_on) if ending.computed_on else None,
    }


def reach_of(people: People, shelves: Shelves) -> Reach:
    """What a person may read now; somebody who lives here no more reads nothing."""

    def reach(person_id: PersonId) -> Sequence[ShelfId]:
        person = people.person(person_id)
        return () if person is None else shelves.reach(person).readable

    return reach


def left_in(chats: Chats) -> Callable[[sqlite3.Connection, Job, Sequence[Step]], None]:
    """Keeps what a job has in its chat when the job ends, whole or not."""

    def leave(connection: sqlite3.Connection, job: Job, steps: Sequence[Step]) -> None:
        is_whole = job.state.standing is Standing.DONE
        answer = composed(steps, is_whole=is_whole)
        if job.chat_id is not None:
            chats.add_exchange(
                connection,
                job.chat_id,
                job.question,
                answer.text,
                citations=answer.citations,
                sources=answer.sources,
                interrupted=not is_whole,
            )

    return leave

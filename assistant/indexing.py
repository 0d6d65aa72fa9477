"""The work in the background: read documents, make their words findable, then their meaning."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from assistant.chunks import chunks
from assistant.documents import Status
from assistant.embedding.client import Embedder
from assistant.errors import EmbedderUnavailableError, HelpEndedError, ParserUnavailableError
from assistant.hops import Hop
from assistant.identifiers import DocumentId
from assistant.jobs.helped import Help, HelpedMeaning
from assistant.lexical import Entry, LexicalIndex
from assistant.library_errors import DiskFullError, UnreadableDocumentError
from assistant.originals import Originals
from assistant.parser.client import Parser
from assistant.parser.page import Page
from assistant.passages import Passages, lay_vectors
from assistant.queue import ATTEMPTS, Job, Queue, Stage, is_current
from assistant.records import Records
from assistant.room import Room
from assistant.upkeep import Upkeep
from assistant.vectors import VectorIndex, Vectors

log = logging.getLogger(__name__)

READING_LANES: Final = 2
"""So that one file that takes minutes does not hold up all others."""
EMBEDDING_BATCH: Final = 8
"""Small, as a question waits for the batch before it."""
HELPED_BATCH: Final = 32
"""What another node computes between two looks whether the help is still wanted."""
FIRST_PAGES_SECONDS: Final = 5.0
"""A document that takes longer to be read than this is findable page by page."""
_AGAIN_SECONDS: Final = 10.0
_PROGRESS_SECONDS: Final = 0.5
Calm = Callable[[], Awaitable[None]]
"""Waits while the box has something more urgent to do than vectors."""


async def always_calm() -> None:
    """For a library that shares its processor with nobody."""


class Indexing:
    """Takes jobs from the queue until cancelled."""

    def __init__(
        self,
        *,
        queue: Queue,
        records: Records,
        passages: Passages,
        originals: Originals,
        parser: Parser,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        reading: Hop,
        words: Hop,
        meaning: Hop,
        room: Room,
        first_pages_seconds: float = FIRST_PAGES_SECONDS,
        calm: Calm = always_calm,
        help_: HelpedMeaning | None = None,
    ) -> None:
        self._help = help_
        self._room = room
        self._queue = queue
        self._records = records
        self._passages = passages
        self._originals = originals
        self._parser = parser
        self._lexical = lexical
        self._vectors = vectors
        self._embedder = embedder
        self._reading = reading
        self._words = words
        self._meaning = meaning
        self._first_pages_seconds = first_pages_seconds
        self._calm = calm
        self._upkeep = Upkeep(
            passages=passages,
            records=records,
            lexical=lexical,
            vectors=vectors,
            embedder=embedder,
            words=words,
            meaning=meaning,
        )
        self.words_open = asyncio.Event()
        """Set once the word index is whole; a search before that would miss what is there."""
        self.meanings_whole = asyncio.Event()
        """Set once the vector index holds just what it should; until then its findings are checked all the same."""
        self._work_to_read = asyncio.Event()
        self._work_to_embed = asyncio.Event()
        self._idle_lanes = 0

    def forgot(self) -> None:
        """Something was deleted: soon the indexes are written anew without its words."""
        self._upkeep.forgot()

    @property
    def is_idle(self) -> bool:
        """Whether there is no file to work on."""
        return self._idle_lanes == READING_LANES + 1

    def wake(self) -> None:
        """There may be something new in the queue."""
        self._work_to_read.set()

    async def run(self) -> None:
        """Put back what was interrupted, heal the indexes, then work until cancelled."""
        self._idle_lanes = 0
        interrupted = await self._words(self._queue.recover)
        if interrupted:
            log.info("put back %d interrupted jobs", interrupted)
        await self._upkeep.heal_words()
        self.words_open.set()
        async with asyncio.TaskGroup() as group:
            for _ in range(READING_LANES):
                group.create_task(self._lane((Stage.READ, Stage.WORDS), self._work_to_read))
            group.create_task(self._embed_all())
            group.create_task(self._upkeep.tidy())

    async def _embed_all(self) -> None:
        await self._upkeep.heal_meaning()
        self.meanings_whole.set()
        await self._lane((Stage.MEANING,), self._work_to_embed)

    async def _lane(self, stages: tuple[Stage, ...], work: asyncio.Event) -> None:
        while True:
            work.clear()
            job = await self._words(self._queue.claim, stages)
            if job is None:
                self._idle_lanes += 1
                await work.wait()
                self._idle_lanes -= 1
                continue
            try:
                await self._do(job)
            except (ParserUnavailableError, EmbedderUnavailableError) as error:
                await self._postpone(job, str(error))
                await asyncio.sleep(_AGAIN_SECONDS)
            except DiskFullError:
                log.warning("the disk is full: indexing waits")
                await self._postpone(job, _NO_ROOM)
                await asyncio.sleep(_AGAIN_SECONDS)
            except asyncio.CancelledError:
                self._queue.put_back(job)  # an orderly stop is no attempt that failed
                raise

    async def _do(self, job: Job) -> None:
        self._refuse_unless_room()
        if job.attempts > ATTEMPTS and job.stage is not Stage.MEANING:
            await self._words(self._records.give_up, job, _GAVE_UP)
            return
        match job.stage:
            case Stage.READ:
                if await self._read(job):
                    await self._find_by_words(job, only_changes=True)
            case Stage.WORDS:
                await self._find_by_words(job)
            case Stage.MEANING:
                await self._find_by_meaning(job)

    async def _postpone(self, job: Job, reason: str) -> None:
        status = Status.SEARCHABLE if job.stage is Stage.MEANING else Status.QUEUED
        while True:
            try:
                await self._words(self._records.explain, job, status, reason)
                await self._words(self._queue.put_back, job)
            except DiskFullError:
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    def _refuse_unless_room(self) -> None:
        if not self._room.takes_indexes():
            raise DiskFullError

    async def _read(self, job: Job) -> bool:
        """Parse a document into pages and passages; false where it failed, or was deleted or changed meanwhile."""
        original = await self._words(self._records.to_read, job)
        if original is None:
            return False
        sha256, media_type = original
        began = time.perf_counter()
        try:
            pages, notes = await self._reading(self._parse, job, self._originals.path(sha256), media_type)
        except UnreadableDocumentError as error:
            log.info("a document cannot be read: %s", error.reason)
            await self._forget_meanings(job.document, await self._words(self._forget_so_far, job))
            await self._words(self._records.give_up, job, str(error))
            return False
        gone = await self._words(lambda: self._passages.keep(job, pages, chunks(pages), notes))
        log.info("a document of %d pages was read in %.1f s", len(pages), time.perf_counter() - began)
        if gone:
            await self._forget_meanings(job.document, gone)
            await self._words(self._passages.forget_deleted)
            self.forgot()
        return gone is not None

    async def _forget_meanings(self, document: DocumentId, numbers: list[int]) -> None:
        await self._meaning(self._vectors.remove, await self._words(self._records.shelf_of, document), numbers)

    def _parse(self, job: Job, file: Path, media_type: str) -> tuple[list[Page], tuple[str, ...]]:
        pages: list[Page] = []
        is_first_reading = not self._passages.numbers_of(job.document)
        began = told = time.monotonic()
        shown = began + self._first_pages_seconds

        def take(page: Page) -> None:
            nonlocal told, shown
            pages.append(page)
            # A file that changed is found as it was until it is read to its end, so that what stayed is not lost.
            if is_first_reading and time.monotonic() > shown:
                self._words.wait(self._show_so_far, job, pages)
                shown = began + 2 * (time.monotonic() - began)
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                self._records.advance(job.document, _reading_progress(len(pages)))

        reading = self._parser.read(file, media_type, take)
        return pages, reading.notes

    def _show_so_far(self, job: Job, pages: list[Page]) -> None:
        """Make the pages of a long scan findable before its last one is read; each time there are twice as many."""
        if self._passages.keep_some(job, pages, chunks(pages)):
            self._lexical.replace(job.document, self._passages.entries(job.document))

    def _forget_so_far(self, job: Job) -> list[int]:
        """Of a document that cannot be read to its end nothing stays; answers the passages that there were."""
        numbers = self._passages.numbers_of(job.document)
        if not numbers or not self._passages.keep_some(job, (), ()):
            return []
        self._lexical.remove([job.document])
        return numbers

    async def _find_by_words(self, job: Job, *, only_changes: bool = False) -> None:
        await self._words(self._index_words, job, only_changes)
        self._work_to_embed.set()

    def _index_words(self, job: Job, only_changes: bool) -> None:
        # The rows are read on the thread that deletes from the index, so a document deleted meanwhile leaves nothing.
        entries = self._passages.entries(job.document)
        if only_changes:
            self._lexical.update(job.document, entries)
        else:
            self._lexical.replace(job.document, entries)
        self._records.searchable(job)

    async def _find_by_meaning(self, job: Job) -> None:
        await self._helped(job)
        while entries := await self._words(self._passages.without_vector, job.document, EMBEDDING_BATCH):
            self._refuse_unless_room()
            await self._calm()
            vectors = await self._embedder.embed([_embedded_text(entry) for entry in entries])
            await self._meaning(self._keep_vectors, entries, vectors)
        await self._words(self._records.ready, job)

    async def _helped(self, job: Job) -> None:
        """Let other nodes compute a large file's vectors as long as they do; what they leave is done here."""
        failed: frozenset[str] = frozenset()
        while self._help is not None:
            missing = await self._words(self._passages.count_without_vector, job.document)
            shelf = await self._words(self._records.shelf_of, job.document)
            help_ = await self._help.begin(job.document, shelf, missing, failed)
            if help_ is None:
                return
            try:
                await self._with_help(self._help, help_, job)
            except HelpEndedError as error:
                log.info("another node stopped computing vectors")
                self._help.ended(help_, str(error))
                failed |= {help_.node.node_id}
            except BaseException:
                self._help.ended(help_, "Hearth stopped, or its own model is away.")
                raise
            else:
                self._help.ended(help_)
                return

    async def _with_help(self, helped: HelpedMeaning, help_: Help, job: Job) -> None:
        while entries := await self._words(self._passages.without_vector, job.document, HELPED_BATCH):
            self._refuse_unless_room()
            texts = [_embedded_text(entry) for entry in entries]
            # Asked each time: it may have been moved to a shelf that stays here.
            shelf = await self._words(self._records.shelf_of, job.document)
            vectors = await helped.vectors(help_, shelf, texts)
            await self._meaning(self._keep_helped, helped, help_, job, entries, vectors)

    def _keep_helped(
        self, helped: HelpedMeaning, help_: Help, job: Job, entries: list[Entry], vectors: Vectors
    ) -> None:
        kept: list[int] = []

        def lay(connection: sqlite3.Connection) -> None:
            if not is_current(connection, job):
                raise HelpEndedError("The file changed meanwhile.")
            kept.extend(lay_vectors(connection, entries, vectors))

        helped.keep(help_, len(entries), lay)
        if kept:
            self._vectors.add(entries[0].shelf, [entries[position].passage for position in kept], vectors[kept])

    def _keep_vectors(self, entries: list[Entry], vectors: Vectors) -> None:
        kept = self._passages.keep_vectors(entries, vectors)
        if kept:
            self._vectors.add(entries[0].shelf, [entries[position].passage for position in kept], vectors[kept])


_NO_ROOM: Final = (
    "The disk of this box is nearly full. "
    "Delete files or models that you no longer need, and this file is read by itself."
)
_GAVE_UP: Final = (
    f"Hearth stopped {ATTEMPTS} times while it worked on this file, so it is left alone now. "
    "Save it as a new file on your computer and add that one."
)


def _embedded_text(entry: Entry) -> str:
    return "\n".join(part for part in (entry.title, entry.heading, entry.text) if part)


def _reading_progress(pages: int) -> float:
    """The parser does not know yet how many pages there are, so the bar nears 0.4 without reaching it."""
    return 0.4 * pages / (pages + 50)

"""The work in the background: read documents, make their words findable, then their meaning."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

from assistant.chunks import chunks
from assistant.documents import Status
from assistant.embedding.client import Embedder
from assistant.errors import EmbedderUnavailableError, ParserUnavailableError
from assistant.file_passwords import FilePasswords
from assistant.headway import Headway
from assistant.hops import Hop
from assistant.identifiers import DocumentId
from assistant.jobs.helped import HelpedMeaning
from assistant.learning import Calm, Learning, always_calm
from assistant.lexical import LexicalIndex
from assistant.library_errors import DiskFullError, UnreadableDocumentError
from assistant.originals import Originals
from assistant.parser.client import Parser, Reading
from assistant.parser.page import Page
from assistant.passages import Passages
from assistant.queue import ATTEMPTS, Job, Queue, Stage
from assistant.records import Records
from assistant.room import Room
from assistant.upkeep import Upkeep
from assistant.vectors import VectorIndex

log = logging.getLogger(__name__)

READING_LANES: Final = 2
"""So that one file that takes minutes does not hold up all others."""
FIRST_PAGES_SECONDS: Final = 5.0
"""A document that takes longer to be read than this is findable page by page."""
_AGAIN_SECONDS: Final = 10.0
_PROGRESS_SECONDS: Final = 0.5


class Indexing:
    """Takes jobs from the queue until cancelled."""

    def __init__(
        self,
        *,
        queue: Queue,
        records: Records,
        headway: Headway,
        passages: Passages,
        originals: Originals,
        file_passwords: FilePasswords,
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
        self._room = room
        self._queue = queue
        self._records = records
        self._headway = headway
        self._passages = passages
        self._originals = originals
        self._file_passwords = file_passwords
        self._parser = parser
        self._lexical = lexical
        self._vectors = vectors
        self._embedder = embedder
        self._reading = reading
        self._words = words
        self._meaning = meaning
        self._first_pages_seconds = first_pages_seconds
        self._learning = Learning(
            records=records,
            headway=headway,
            passages=passages,
            vectors=vectors,
            embedder=embedder,
            words=words,
            meaning=meaning,
            room=room,
            calm=calm,
            help_=help_,
        )
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
        self._is_behind = False

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
        self._is_behind = True
        while not await self._has_caught_up():
            pass
        self.meanings_whole.set()
        await self._lane((Stage.MEANING,), self._work_to_embed)

    async def _lane(self, stages: tuple[Stage, ...], work: asyncio.Event) -> None:
        while True:
            work.clear()
            if Stage.MEANING in stages and not await self._has_caught_up():
                continue
            try:
                job = await self._words(self._queue.claim, stages)
            except DiskFullError:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
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
                self._is_behind |= job.stage is Stage.MEANING
                await self._postpone(job, _NO_ROOM)
                await asyncio.sleep(_AGAIN_SECONDS)
            except asyncio.CancelledError:
                self._queue.put_back(job)  # an orderly stop is no attempt that failed
                raise

    async def _has_caught_up(self) -> bool:
        """Whether the index of meanings holds what the database holds, after the disk's end came between the two."""
        if self._is_behind:
            try:
                await self._upkeep.heal_meaning()
            except DiskFullError:
                await asyncio.sleep(_AGAIN_SECONDS)
                return False
            self._is_behind = False
        return True

    async def _do(self, job: Job) -> None:
        self._refuse_unless_room()
        if job.attempts > ATTEMPTS and job.stage is not Stage.MEANING:
            await self._words(self._headway.give_up, job, _GAVE_UP)
            return
        match job.stage:
            case Stage.READ:
                if await self._read(job):
                    await self._find_by_words(job, only_changes=True)
            case Stage.WORDS:
                await self._find_by_words(job)
            case Stage.MEANING:
                await self._learning.learn(job)

    async def _postpone(self, job: Job, reason: str) -> None:
        status = Status.SEARCHABLE if job.stage is Stage.MEANING else Status.QUEUED
        while True:
            try:
                await self._words(self._headway.explain, job, status, reason)
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
        original = await self._words(self._headway.to_read, job)
        if original is None:
            return False
        sha256, media_type = original
        began = time.perf_counter()
        try:
            pages, reading = await self._reading(self._parse, job, self._originals.path(sha256), media_type)
        except UnreadableDocumentError as error:
            log.info("a document cannot be read: %s", error.reason)
            await self._words(self._file_passwords.failed, job, error.is_locked)
            await self._forget_meanings(job.document, await self._words(self._forget_so_far, job))
            await self._words(self._headway.give_up, job, str(error))
            return False
        await self._words(self._file_passwords.settle, job, reading)
        await self._words(self._headway.told, job, reading)
        gone = await self._words(lambda: self._passages.keep(job, pages, chunks(pages), reading.notes))
        log.info("a document of %d pages was read in %.1f s", len(pages), time.perf_counter() - began)
        if gone:
            await self._forget_meanings(job.document, gone)
            await self._words(self._passages.forget_deleted)
            self.forgot()
        return gone is not None

    async def _forget_meanings(self, document: DocumentId, numbers: list[int]) -> None:
        await self._meaning(self._vectors.remove, await self._words(self._records.shelf_of, document), numbers)

    def _parse(self, job: Job, file: Path, media_type: str) -> tuple[list[Page], Reading]:
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
                self._headway.advance(job.document, _reading_progress(len(pages)))

        reading = self._parser.read(file, media_type, take, self._file_passwords.of(job.document))
        return pages, reading

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
        self._headway.searchable(job)


_NO_ROOM: Final = (
    "The disk of this box is nearly full. "
    "Delete files or models that you no longer need, and this file is read by itself."
)
_GAVE_UP: Final = (
    f"Hearth stopped {ATTEMPTS} times while it worked on this file, so it is left alone now. "
    "Save it as a new file on your computer and add that one."
)


def _reading_progress(pages: int) -> float:
    """The parser does not know yet how many pages there are, so the bar nears 0.4 without reaching it."""
    return 0.4 * pages / (pages + 50)

"""Gives a document's passages their vectors: on this box, and on another node beside it as long as that one helps."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from assistant.embedding.client import Embedder
from assistant.errors import HelpEndedError
from assistant.headway import Headway
from assistant.hops import Hop
from assistant.jobs.helped import Help, HelpedMeaning
from assistant.lexical import Entry
from assistant.library_errors import DiskFullError
from assistant.passages import Passages, lay_vectors
from assistant.queue import Job, is_current
from assistant.records import Records
from assistant.room import Room
from assistant.vectors import VectorIndex, Vectors

log = logging.getLogger(__name__)

EMBEDDING_BATCH: Final = 8
"""Small, as a question waits for the batch before it."""
HELPED_BATCH: Final = 32
"""What another node computes between two looks whether the help is still wanted."""
_MEETING_SECONDS: Final = 0.05
"""Until it is looked again, where the other half has all that is left."""
Calm = Callable[[], Awaitable[None]]
"""Waits while the box has something more urgent to do than vectors."""


async def always_calm() -> None:
    """For a library that shares its processor with nobody."""


class Learning:
    """One document at a time."""

    def __init__(
        self,
        *,
        records: Records,
        headway: Headway,
        passages: Passages,
        vectors: VectorIndex,
        embedder: Embedder,
        words: Hop,
        meaning: Hop,
        room: Room,
        calm: Calm,
        help_: HelpedMeaning | None,
    ) -> None:
        """`words` and `meaning` are the threads of the two indexes; `help_` finds other nodes."""
        self._records = records
        self._headway = headway
        self._passages = passages
        self._vectors = vectors
        self._embedder = embedder
        self._words = words
        self._meaning = meaning
        self._room = room
        self._calm = calm
        self._help = help_

    async def learn(self, job: Job) -> None:
        """Here from the last passage on, and on another node from the first one on, until they meet.

        Raises EmbedderUnavailableError, VectorIndexDamagedError or DiskFullError.
        """
        halves = _Halves()
        halves.help = await self._begin_help(job, frozenset())
        helping = asyncio.create_task(self._helped(job, halves))
        try:
            await self._own_half(job, halves, helping)
            await helping
        finally:
            helping.cancel()
            await asyncio.wait({helping})
        await self._words(self._headway.ready, job)

    async def _own_half(self, job: Job, halves: "_Halves", helping: "asyncio.Task[None]") -> None:
        while True:
            missing = await self._missing(job, from_end=True)
            entries = halves.free(missing)[:EMBEDDING_BATCH]
            if entries:
                with halves.taking(entries):
                    await self._embed_here(entries, halves)
            elif missing and not helping.done():
                await asyncio.sleep(_MEETING_SECONDS)
            else:
                return

    async def _embed_here(self, entries: list[Entry], halves: "_Halves") -> None:
        self._refuse_unless_room()
        await self._calm()
        vectors = await self._embedder.embed([_embedded_text(entry) for entry in entries])
        await self._meaning(self._keep_vectors, entries, vectors)
        if self._help is not None and halves.help is not None:
            await self._words(self._help.counted, halves.help, len(entries))

    async def _missing(self, job: Job, *, from_end: bool = False) -> list[Entry]:
        """Enough passages without a vector, so that what the other half is at can be left out."""
        both = HELPED_BATCH + EMBEDDING_BATCH
        return await self._words(self._passages.without_vector, job.document, both, from_end=from_end)

    async def _begin_help(self, job: Job, failed: frozenset[str]) -> Help | None:
        if self._help is None:
            return None
        missing = await self._words(self._passages.count_without_vector, job.document)
        shelf = await self._words(self._records.shelf_of, job.document)
        return await self._help.begin(job.document, shelf, missing, failed)

    async def _helped(self, job: Job, halves: "_Halves") -> None:
        """Let other nodes compute a large file's vectors as long as they do; what they leave is done here."""
        failed: frozenset[str] = frozenset()
        while self._help is not None and (help_ := halves.help) is not None:
            try:
                await self._with_help(self._help, help_, job, halves)
            except HelpEndedError as error:
                log.info("another node stopped computing vectors")
                self._help.ended(help_, str(error))
                failed |= {help_.node.node_id}
                halves.help = await self._begin_help(job, failed)
            except BaseException:
                self._help.ended(help_, "Hearth stopped, or its own model is away.")
                raise
            else:
                self._help.ended(help_)
                return

    async def _with_help(self, helped: HelpedMeaning, help_: Help, job: Job, halves: "_Halves") -> None:
        while missing := await self._missing(job):
            entries = halves.free(missing)[:HELPED_BATCH]
            if not entries:
                await asyncio.sleep(_MEETING_SECONDS)
                continue
            self._refuse_unless_room()
            with halves.taking(entries):
                texts = [_embedded_text(entry) for entry in entries]
                # Asked each time: it may have been moved to a shelf that stays here.
                shelf = await self._words(self._records.shelf_of, job.document)
                vectors = await helped.vectors(help_, shelf, texts)
                await self._meaning(self._keep_helped, helped, help_, job, entries, vectors)

    def _refuse_unless_room(self) -> None:
        if not self._room.takes_indexes():
            raise DiskFullError

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


@dataclass(slots=True)
class _Halves:
    """Which passages of one document are being embedded now, here or on another node, so that none is twice."""

    help: Help | None = None
    _taken: set[int] = field(default_factory=set)

    def free(self, entries: Sequence[Entry]) -> list[Entry]:
        return [entry for entry in entries if entry.passage not in self._taken]

    @contextmanager
    def taking(self, entries: Sequence[Entry]) -> Iterator[None]:
        numbers = {entry.passage for entry in entries}
        self._taken |= numbers
        try:
            yield
        finally:
            self._taken -= numbers


def _embedded_text(entry: Entry) -> str:
    return "\n".join(part for part in (entry.title, entry.heading, entry.text) if part)

"""The upkeep of both indexes: they hold what the database holds, and soon nothing of what was deleted."""

import asyncio
import logging
import uuid
from typing import Final

from assistant.embedding.client import Embedder
from assistant.errors import VectorIndexDamagedError
from assistant.hops import Hop
from assistant.lexical import LexicalIndex
from assistant.library_errors import DiskFullError
from assistant.passages import Passages
from assistant.records import Records
from assistant.vectors import VectorIndex

log = logging.getLogger(__name__)

_UNTIDY: Final = "words-untidy"
_TIDY_SECONDS: Final = 1.0
"""After a deletion, so that many deletions are tidied up after at once."""
_NO_ROOM_SECONDS: Final = 10.0
_TIDY_AT_ONCE: Final = 20_000
"""Passages that are indexed anew within seconds; with more of them it is done once a day."""
_TIDY_LATER_SECONDS: Final = 24 * 3600.0
_INDEX_VERSION: Final = "3"
"""Changes with the analyzer or the schema, so that older indexes are built again."""


class Upkeep:
    """Heals the indexes after a start and tidies them up after deletions, each on its own thread."""

    def __init__(
        self,
        *,
        passages: Passages,
        records: Records,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        words: Hop,
        meaning: Hop,
    ) -> None:
        """`words` and `meaning` are the threads of the two indexes."""
        self._passages = passages
        self._records = records
        self._lexical = lexical
        self._vectors = vectors
        self._embedder = embedder
        self._words = words
        self._meaning = meaning
        self._to_tidy = asyncio.Event()

    def forgot(self) -> None:
        """Something was deleted: `tidy` soon writes the index of words anew."""
        self._to_tidy.set()

    async def heal_words(self) -> None:
        """Build the index of words again where it is missing, of another version, or counts otherwise than SQLite."""
        await self._words(self._heal_words)

    async def heal_meaning(self) -> None:
        """Make the index of meanings hold just what SQLite holds; build it again where its files are damaged."""
        await self._meaning(self._heal_meaning)

    async def tidy(self) -> None:
        """Write the index of words anew after deletions, until cancelled: it would keep the deleted words for long."""
        if await self._words(self._passages.mark, _UNTIDY):
            self._to_tidy.set()
        while True:
            await self._to_tidy.wait()
            try:
                await self._tidy_once()
            except DiskFullError:
                log.warning("the disk is full: what was deleted is tidied up after later")
                self._to_tidy.set()
                await asyncio.sleep(_NO_ROOM_SECONDS)

    async def _tidy_once(self) -> None:
        await self._words(self._passages.set_mark, _UNTIDY, "1")
        await asyncio.sleep(_TIDY_SECONDS)
        self._to_tidy.clear()
        count = await self._words(self._passages.count_findable)
        if count > _TIDY_AT_ONCE:
            await asyncio.sleep(_TIDY_LATER_SECONDS)
            self._to_tidy.clear()
        await self._words(self._renew_words)

    def _renew_words(self) -> None:
        self._lexical.renew(self._passages.findable())
        self._passages.forget_deleted()
        self._passages.forget_mark(_UNTIDY)

    def _heal_words(self) -> None:
        mark = self._passages.mark("lexical")
        if (
            mark is not None
            and mark.startswith(f"{_INDEX_VERSION}-")
            and self._lexical.open(mark)
            and self._lexical.count() == self._passages.count_findable()
        ):
            return
        mark = f"{_INDEX_VERSION}-{uuid.uuid4().hex}"
        self._lexical.rebuild(mark, self._passages.findable())
        self._passages.set_mark("lexical", mark)
        log.info("built the index of words again: %d passages", self._lexical.count())

    def _heal_meaning(self) -> None:
        try:
            self._align_meaning()
        except VectorIndexDamagedError:
            log.warning("the index of meanings is damaged and is built again")
            self._vectors.begin_anew()
            self._align_meaning()

    def _align_meaning(self) -> None:
        """Make Chroma hold exactly the vectors that SQLite holds, and queue what has none of this model."""
        if self._passages.mark("model") != self._embedder.model:
            self._passages.forget_vectors()
            self._passages.set_mark("model", self._embedder.model)
        if not self._vectors.is_open:
            self._vectors.open()
        shelves = self._records.shelves()
        self._vectors.strangers(shelves)
        for shelf in shelves:
            wanted, present = self._passages.numbers_with_vector(shelf), self._vectors.passages(shelf)
            self._vectors.remove(shelf, present - wanted)
            numbers, vectors = self._passages.vectors(sorted(wanted - present))
            if numbers:
                self._vectors.add(shelf, numbers, vectors)
        self._passages.queue_missing_vectors()

"""One search: both indexes at once, checked against SQLite, blended into one order."""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.answerable import Evidence, is_answerable
from assistant.citing import Citing
from assistant.documents import Findings, Passage
from assistant.embedding.client import Embedder
from assistant.errors import EmbedderUnavailableError, VectorIndexDamagedError
from assistant.folding import elsewhere, folded
from assistant.hops import Hop
from assistant.identifiers import DocumentId, ShelfId
from assistant.language import is_understood, language_of
from assistant.lexical import Hit, LexicalIndex
from assistant.library_errors import DiskFullError
from assistant.likeness import likenesses
from assistant.neighbours import runs
from assistant.passages import Candidate, Passages
from assistant.ranking import best_sentence, blended, by_codes, by_names, by_pages, held_share, term_weights
from assistant.stop_words import Language
from assistant.terms import question_terms, terms
from assistant.vectors import VectorIndex

log = logging.getLogger(__name__)

CANDIDATES: Final = 50
"""How many passages each index names."""
_SCORED: Final = 200
"""How many passages the words score, so that one that the vectors name has its words counted too."""
_MEANING_SECONDS: Final = 2.0
"""A question does not wait longer for its vector; its words answer it then."""
_WEIGHED: Final = 5
"""How many of the best passages are looked at to tell whether the answer is there."""

QuestionVector = NDArray[numpy.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the words see it."""

    language: Language
    terms: tuple[str, ...]


class Search:
    """Finds passages. `meaning` is the one thread that may speak to the vector index, `words` any that read."""

    def __init__(
        self,
        *,
        passages: Passages,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        words: Hop,
        meaning: Hop,
    ) -> None:
        self._passages = passages
        self._lexical = lexical
        self._vectors = vectors
        self._embedder = embedder
        self._words = words
        self._meaning = meaning
        self._citing = Citing(passages=passages, embedder=embedder, words=words)

    async def find(
        self,
        text: str,
        shelves: Sequence[ShelfId],
        limit: int,
        within: Sequence[DocumentId] | None = None,
        *,
        cited: bool = True,
    ) -> Findings:
        """The passages on these shelves that fit the text best, and whether they look like holding its answer.

        `within` names the only documents that count, where a person chose some. The sentence that answers is chosen by
        its words alone, in the first passage, where none will be cited, which takes half of the time.
        """
        began = time.perf_counter()
        question = text.encode("utf-8", "ignore").decode("utf-8")  # halves of surrogate pairs are no characters
        asked = await self._words(self._asked, question)
        understood = is_understood(question)
        async with asyncio.TaskGroup() as group:
            by_words = group.create_task(self._words(self._lexical.search, asked.terms, shelves, _SCORED, within))
            by_meaning = group.create_task(self._by_meaning(question if understood else "", shelves, within))
        vector, near = by_meaning.result()
        hits = by_words.result()
        passages, weights, answerable = await self._words(self._ranked, asked, hits, near, vector, shelves, limit)
        if cited and passages and vector is not None:
            passages = await self._citing.cited(passages, question, weights, vector)
        return Findings(
            passages=passages, answerable=answerable, took_ms=round((time.perf_counter() - began) * 1000, 1)
        )

    def _asked(self, question: str) -> Asked:
        """Its terms in its language; where no little word tells that, in the one in which most of it is found."""
        language = language_of(question)
        if language is not None:
            return Asked(language=language, terms=tuple(question_terms(question, language)))
        most, best = -1, Asked(language=Language.ENGLISH, terms=())
        for language in Language:
            terms = tuple(question_terms(question, language))
            found = sum(map(bool, self._lexical.frequencies(terms)[0].values()))
            if found > most:
                most, best = found, Asked(language=language, terms=terms)
        return best

    async def _by_meaning(
        self, text: str, shelves: Sequence[ShelfId], within: Sequence[DocumentId] | None
    ) -> tuple[QuestionVector | None, list[Hit]]:
        """The question's vector and its neighbours; nothing where there is no text, no model or no time."""
        if not text.strip():
            return None, []
        try:
            async with asyncio.timeout(_MEANING_SECONDS):
                (vector,) = await self._embedder.embed([text])
                numbers = None if within is None else await self._words(self._passages.numbers_in, within)
                return vector, await self._meaning(self._vectors.search, vector, shelves, CANDIDATES, numbers)
        except (EmbedderUnavailableError, VectorIndexDamagedError, DiskFullError, TimeoutError) as error:
            log.warning("searched by words alone: %s", type(error).__name__)
            return None, []

    def _ranked(
        self,
        asked: Asked,
        hits: Sequence[Hit],
        near: Sequence[Hit],
        vector: QuestionVector | None,
        shelves: Sequence[ShelfId],
        limit: int,
    ) -> tuple[tuple[Passage, ...], Mapping[str, float], bool]:
        numbers = dict.fromkeys(hit.passage for hit in (*hits[:CANDIDATES], *near))
        candidates = {candidate.number: candidate for candidate in self._passages.candidates(list(numbers), shelves)}
        cosines = _cosines(candidates, vector)
        words = {hit.passage: hit.score for hit in hits if hit.passage in candidates}
        weights = term_weights(*self._lexical.frequencies(asked.terms))
        held = {number: set(terms(_context(one.passage), asked.language)) for number, one in candidates.items()}
        scores = self._named(asked, candidates, blended(words, cosines, understood=vector is not None))
        scores = by_pages(by_codes(scores, held, asked.terms), _pages(candidates), held, weights)
        order = sorted(scores, key=lambda number: (-scores[number], number))
        passages = {number: candidate.passage for number, candidate in candidates.items()}
        order, copies = folded(order, passages)
        found = tuple(
            dataclasses.replace(
                self._shown(run, candidates, scores, weights, asked.language),
                also=elsewhere(passages[copy] for number in run for copy in copies.get(number, ())),
            )
            for run in runs(order, passages, scores)[:limit]
        )
        evidence = (
            Evidence(coverage=held_share(held[number], weights), cosine=cosines.get(number))
            for number in order[:_WEIGHED]
        )
        return found, weights, is_answerable(evidence)

    def _named(
        self, asked: Asked, candidates: Mapping[int, Candidate], scores: Mapping[int, float]
    ) -> dict[int, float]:
        names = {number: candidate.passage.file for number, candidate in candidates.items()}
        telling = term_weights(self._lexical.title_frequencies(asked.terms), self._lexical.count())
        return by_names(scores, names, telling, asked.language)

    def _shown(
        self,
        run: Sequence[int],
        candidates: Mapping[int, Candidate],
        scores: Mapping[int, float],
        weights: Mapping[str, float],
        language: Language,
    ) -> Passage:
        """One passage of the findings: all of its run, with the score of its best part and the sentence to cite."""
        passage = self._passages.joined([candidates[number].passage for number in run])
        best = best_sentence(passage, weights, language)
        return dataclasses.replace(passage, score=round(max(scores[number] for number in run), 4), best=best)


def _cosines(candidates: Mapping[int, Candidate], vector: QuestionVector | None) -> dict[int, float]:
    rows = {number: candidate.vector for number, candidate in candidates.items() if candidate.vector is not None}
    if vector is None or not rows:
        return {}
    return dict(zip(rows, likenesses(numpy.stack(list(rows.values())), vector).tolist(), strict=True))


def _pages(candidates: Mapping[int, Candidate]) -> dict[int, tuple[DocumentId, int]]:
    return {number: (one.passage.document_id, one.passage.page) for number, one in candidates.items()}


def _context(passage: Passage) -> str:
    return f"{passage.file}\n{passage.heading}\n{passage.text}"

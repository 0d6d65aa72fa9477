"""Which sentence is shown as the answer: the one that tells it best in the text around the best passage."""

import asyncio
import dataclasses
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.documents import Passage, Span
from assistant.embedding.client import Embedder
from assistant.errors import EmbedderUnavailableError
from assistant.hops import Hop
from assistant.likeness import likenesses
from assistant.neighbours import RUN_BYTES
from assistant.passages import Passages
from assistant.ranking import telling_sentences
from assistant.stop_words import Language
from assistant.telling import Sentence, merits
from assistant.terms import question_terms, terms

REACH_CHARACTERS: Final = 1_500
"""How far around the best passage, on its page, a better sentence may stand."""
CITING_SECONDS: Final = 0.5
_MOST_SENTENCES: Final = 40
_MOST_WORDS: Final = 8_192
"""Words whose vectors are kept: 12 MB."""
_TOKENS_A_TEXT: Final = 2
_CHARACTERS_A_TOKEN: Final = 4
_GIVEN_UP: Final = 0.5
"""Of the speed that would have been enough, where it was not."""
_HOPE: Final = 1.05
"""What was too slow once is tried again some questions later."""
_FIRST_GUESS_TOKENS_PER_SECOND: Final = 2_000.0
"""Of an old PC; the true speed is known after the first question."""
_WORD: Final = re.compile(r"[\w-]+")
Vector = NDArray[numpy.float32]


class Citing:
    """Chooses the sentence, and lets the passage in which it stands lead."""

    def __init__(self, *, passages: Passages, embedder: Embedder, words: Hop) -> None:
        """`words` is a thread that may read the database."""
        self._passages = passages
        self._embedder = embedder
        self._words = words
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._tokens_per_second = _FIRST_GUESS_TOKENS_PER_SECOND

    async def cited(
        self, found: Sequence[Passage], question: str, weights: Mapping[str, float], vector: Vector
    ) -> tuple[Passage, ...]:
        """The findings with the best sentence of the first one's page in front; as they are where there is no time."""
        around = await self._words(self._passages.around, found[0], REACH_CHARACTERS)
        spans = [(number, span) for number, passage in enumerate(around) for span in telling_sentences(passage)]
        if len(spans) > _MOST_SENTENCES:
            spans = [(number, span) for number, span in spans if _is_within(around[number], found[0])]
        if not 1 < len(spans) <= _MOST_SENTENCES:
            return tuple(found)
        try:
            async with asyncio.timeout(CITING_SECONDS):
                told = await self._known_of(spans, around, question, weights, vector)
        except (EmbedderUnavailableError, TimeoutError):
            return tuple(found)
        scores = merits(told, weights)
        number, span = spans[max(range(len(spans)), key=lambda place: scores[place])]
        return await self._led_by(found, around, number, span)

    async def _known_of(
        self,
        spans: Sequence[tuple[int, Span]],
        around: Sequence[Passage],
        question: str,
        weights: Mapping[str, float],
        vector: Vector,
    ) -> list[Sentence]:
        """What is known of each sentence, with as much of its meaning as there is time for."""
        asked = {term: word for word in _words_of(question) for term in question_terms(word) if term in weights}
        held = [frozenset(terms(span.text, Language.ENGLISH)) for _, span in spans]
        own = [_words_of(span.text) for _, span in spans]
        contexts = [f"{around[number].heading}\n{span.text}".strip() for number, span in spans]
        new = list(dict.fromkeys((*asked.values(), *(word for words in own for word in words))))
        new = [word for word in new if word not in self._known]
        meanings = numpy.zeros(len(spans), dtype=numpy.float32)
        if self._has_time(contexts):
            with_words = self._has_time((*contexts, *new))
            rows = await self._embedded([*contexts, *(new if with_words else ())])
            meanings = likenesses(rows[: len(contexts)], vector)
            self._keep(zip(new, rows[len(contexts) :], strict=False))
        return [
            Sentence(text=span.text, terms=held[place], nearest=self._nearest(asked, own[place]), meaning=meaning)
            for place, ((_, span), meaning) in enumerate(zip(spans, meanings.tolist(), strict=True))
        ]

    def _nearest(self, asked: Mapping[str, str], words: Iterable[str]) -> dict[str, float]:
        rows = [self._known[word] for word in words if word in self._known]
        if not rows:
            return {}
        table = numpy.stack(rows)
        return {
            term: float(likenesses(table, self._known[word]).max())
            for term, word in asked.items()
            if word in self._known
        }

    def _keep(self, rows: Iterable[tuple[str, Vector]]) -> None:
        for word, row in rows:
            self._known[word] = row
        while len(self._known) > _MOST_WORDS:
            self._known.popitem(last=False)

    def _has_time(self, texts: Sequence[str]) -> bool:
        if _tokens(texts) <= self._tokens_per_second * CITING_SECONDS:
            return True
        self._tokens_per_second *= _HOPE
        return False

    async def _embedded(self, texts: Sequence[str]) -> Vector:
        began = time.perf_counter()
        share = _GIVEN_UP
        try:
            rows = await self._embedder.embed(texts, hurry=True)
            share = 1.0
        finally:
            self._tokens_per_second = share * _tokens(texts) / max(time.perf_counter() - began, 1e-6)
        return rows

    async def _led_by(
        self, found: Sequence[Passage], around: Sequence[Passage], number: int, span: Span
    ) -> tuple[Passage, ...]:
        """The findings with this sentence in the first, which is another piece of the page where it stands there."""
        first, *others = found
        if first.start <= span.start and span.end <= first.end:
            return (dataclasses.replace(first, best=span), *others)
        run = _grown(around, number, towards=first)
        leading = await self._words(self._passages.joined, run)
        leading = dataclasses.replace(leading, score=first.score, best=span)
        rest = [passage for passage in found if not _is_within(passage, leading)]
        return (leading, *rest)[: len(found)]


def _grown(around: Sequence[Passage], number: int, *, towards: Passage) -> Sequence[Passage]:
    """The passage with its neighbours, those first that lie towards another one, as long as a finding may be."""
    first, last = number, number
    size = len(around[number].text.encode())
    is_before = towards.start < around[number].start
    for step in (-1, 1) if is_before else (1, -1):
        while 0 <= (more := (first if step < 0 else last) + step) < len(around):
            size += len(around[more].text.encode())
            if size > RUN_BYTES:
                return around[first : last + 1]
            first, last = min(first, more), max(last, more)
    return around[first : last + 1]


def _is_within(passage: Passage, whole: Passage) -> bool:
    same = (passage.document_id, passage.page) == (whole.document_id, whole.page)
    return same and whole.start <= passage.start and passage.end <= whole.end


def _words_of(text: str) -> list[str]:
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))


def _tokens(texts: Sequence[str]) -> int:
    return sum(len(text) // _CHARACTERS_A_TOKEN + _TOKENS_A_TEXT for text in texts)

"""How the findings of two indexes become one order, and which sentence of a passage carries the answer; pure."""

import math
from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from assistant.chunks import HEADING_BORDER
from assistant.documents import Passage, Span
from assistant.sentences import sentences
from assistant.stop_words import Language
from assistant.terms import emphasis, terms

MEANING_WEIGHT: Final = 0.6
"""How much the vectors count beside the words; best on XQuAD English and FinanceBench of 0.3 to 0.7."""
NAME_WEIGHT: Final = 0.3
"""How much the file's name counts, where the question has words that stand in names; FinanceBench, of 0.1 to 0.5."""
PAGE_WEIGHT: Final = 0.3
"""How much the rest of its page counts for a passage; FinanceBench, of 0.1 to 0.5, where 0.2 to 0.4 do as well."""
_LEAST_SPREAD: Final = 0.2
"""Cosines that differ by less than this are not stretched to differ by all of the scale."""
_LEAST_COSINE: Final = 0.15
"""A passage that shares no word and is less alike is not a finding; unrelated questions reach about 0.12."""
_WITHOUT_THE_CODE: Final = 0.8
_HEADING_MARKS: Final = "#* \n"
_SENTENCE_CHARACTERS: Final = 12
"""Shorter ones are scraps of tables and lists."""


def blended(words: Mapping[int, float], cosines: Mapping[int, float], *, understood: bool) -> dict[int, float]:
    """A score from 0 to 1 for every passage that either index named.

    Where the question is not understood by the model, or nothing has a vector, the words count alone.
    """
    best_words = max(words.values(), default=0.0) or 1.0
    if not understood or not cosines:
        return {number: score / best_words for number, score in words.items()}
    alike = {number: cosine for number, cosine in cosines.items() if number in words or cosine >= _LEAST_COSINE}
    highest = max(cosines.values())
    spread = max(highest - min(cosines.values()), _LEAST_SPREAD)
    scores: dict[int, float] = {}
    for number in words.keys() | alike.keys():
        by_words = words.get(number, 0.0) / best_words
        by_meaning = 1.0 - (highest - cosines[number]) / spread if number in cosines else by_words
        scores[number] = (1 - MEANING_WEIGHT) * by_words + MEANING_WEIGHT * max(by_meaning, 0.0)
    return scores


def by_names(
    scores: Mapping[int, float],
    names: Mapping[int, str],
    weights: Mapping[str, float],
    language: Language = Language.ENGLISH,
) -> dict[int, float]:
    """The scores with a share for the file's name: who asks for the Microsoft report of 2016 means that file.

    `weights` says how telling each of the question's terms is in a name. A question without such words is left alone.
    """
    held = {name: set(terms(name.rsplit(".", 1)[0], language)) for name in set(names.values())}
    named = {term: weight for term, weight in weights.items() if any(term in words for words in held.values())}
    total = sum(named.values())
    if not total:
        return dict(scores)
    likeness = {
        name: sum(weight for term, weight in named.items() if term in words) / total for name, words in held.items()
    }
    return {
        number: (1 - NAME_WEIGHT) * score + NAME_WEIGHT * likeness[names[number]] for number, score in scores.items()
    }


def by_pages(
    scores: Mapping[int, float],
    pages: Mapping[int, Hashable],
    held: Mapping[int, AbstractSet[str]],
    weights: Mapping[str, float],
) -> dict[int, float]:
    """The scores with a share for what the found passages of one page hold of the question together.

    A table's caption, its rows and its footnote are passages of their own, and none of them holds all of the question.
    """
    together: dict[Hashable, set[str]] = {}
    for number in scores:
        together.setdefault(pages[number], set()).update(held[number])
    whole = {page: held_share(terms_there, weights) for page, terms_there in together.items()}
    return {number: (1 - PAGE_WEIGHT) * score + PAGE_WEIGHT * whole[pages[number]] for number, score in scores.items()}


def by_codes(
    scores: Mapping[int, float], held: Mapping[int, AbstractSet[str]], question: Iterable[str]
) -> dict[int, float]:
    """The scores, lowered for passages that lack a code or number of the question which another passage holds.

    "What does E07 mean?" is about the row of E07; the chapter's opening words are as alike, and say nothing of it.
    """
    lowered = dict(scores)
    for code in (term for term in question if emphasis(term) > 1):
        if any(code in found for found in held.values()):
            for number in lowered:
                if code not in held[number]:
                    lowered[number] *= _WITHOUT_THE_CODE
    return lowered


def term_weights(frequencies: Mapping[str, int], passages: int) -> dict[str, float]:
    """How telling each term is: the inverse document frequency that BM25 uses, and more for codes and numbers."""
    return {
        term: math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5)) * emphasis(term)
        for term, frequency in frequencies.items()
    }


def held_share(held: AbstractSet[str], weights: Mapping[str, float]) -> float:
    """Which part of the question's terms, by their weight, is among these: 0 to 1."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in held) / total if total else 0.0


def coverage(text: str, weights: Mapping[str, float], language: Language = Language.ENGLISH) -> float:
    """Which part of the question's terms, by their weight, is in this text: 0 to 1."""
    return held_share(set(terms(text, language)), weights)


def best_sentence(passage: Passage, weights: Mapping[str, float], language: Language = Language.ENGLISH) -> Span:
    """The first of the sentences of a passage that hold most of the question, by its words alone.

    A heading says what is asked and answers nothing, so it is cited where it stands alone.
    """
    text = passage.text
    spans = telling_sentences(passage) or [_placed(passage, *span) for span in sentences(text) or [(0, len(text))]]
    return max(spans, key=lambda span: coverage(span.text, weights, language) * whole(span.text))


def telling_sentences(passage: Passage) -> list[Span]:
    """The sentences of a passage in their order, without its headings."""
    headings = set(passage.heading.split(HEADING_BORDER))
    spans = [_placed(passage, *span) for span in sentences(passage.text)]
    return [span for span in spans if span.text.strip(_HEADING_MARKS) not in headings]


def whole(sentence: str) -> float:
    """1 for a sentence, less for scraps of tables and lists."""
    return min(len(sentence) / _SENTENCE_CHARACTERS, 1.0)


def _placed(passage: Passage, first: int, last: int) -> Span:
    return Span(start=passage.start + first, end=passage.start + last, text=passage.text[first:last])

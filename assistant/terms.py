"""How text becomes the terms of the lexical index: lower case, no accents, English word stems, pairs in Chinese."""

import functools
import re
from collections.abc import Iterable
from typing import Final

import tantivy

from assistant.stop_words import ENGLISH, FOREIGN

TERMS_LIMIT: Final = 48
"""A question of more terms is searched for by its first ones."""
_NUMBER_WEIGHT: Final = 2.0
_UNSPACED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Scripts that put no spaces between words: Thai, Japanese, Chinese."""
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@functools.cache
def analyzer() -> tantivy.TextAnalyzer:
    """The one analyzer, for the index and for questions."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def spaced(text: str) -> str:
    """The text with runs of unspaced scripts written as overlapping pairs of characters, which serve as words."""
    return _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def terms(text: str) -> list[str]:
    """Every term of a text in order, as the index holds them."""
    found: list[str] = analyzer().analyze(spaced(text))
    return found


def question_terms(text: str) -> list[str]:
    """The terms worth searching for, each once: without stop words, unless there is nothing else."""
    words = _WORD.findall(text)
    telling = [word for word in words if word.lower().replace("’", "'") not in _STOP_WORDS]
    return list(dict.fromkeys(terms(" ".join(telling or words))))[:TERMS_LIMIT]


def emphasis(term: str) -> float:
    """How much more a term counts than its rarity says: who asks for a code or a number means just that."""
    return _NUMBER_WEIGHT if any(map(str.isdigit, term)) else 1.0


def _pairs(run: str) -> Iterable[str]:
    return [run] if len(run) == 1 else [run[index : index + 2] for index in range(len(run) - 1)]


_STOP_WORDS: Final = ENGLISH | FOREIGN

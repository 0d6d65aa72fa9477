"""Citations: the exact words of a page that carry a claim of an answer."""

import re
from dataclasses import dataclass
from typing import Final

from assistant.documents import Passage
from assistant.identifiers import DocumentId
from assistant.sentences import sentences
from assistant.stop_words import ENGLISH, FOREIGN
from assistant.terms import terms

_WORD: Final = re.compile(r"\d+(?:[.,:/]\d+)+|[^\W_]+(?:['’][^\W_]+)?")
_FRAMING: Final = frozenset(
    ["according", "answer", "based", "context", "correct", "mentioned", "provided", "question", "yes"]
)
"""What models wrap an answer in."""
_SAYS_NOTHING: Final = ENGLISH | FOREIGN | _FRAMING
_NUMBER_WEIGHT = 2.0
_TELLING: Final = 1
"""Words that a sentence has to add to a question to be worth quoting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """`text` is the page's text[start:end]; `marker` is the number by which the answer names it."""

    marker: int
    document_id: DocumentId
    file: str
    page: int
    start: int
    end: int
    text: str


def content_words(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning; amounts and times, such as 1.5 or 22:00, as they stand."""
    words = [word for word in _WORD.findall(text.casefold().replace("’", "'")) if word not in _SAYS_NOTHING]
    amounts = {word for word in words if not word.isalnum() and word[0].isdigit()}
    return frozenset(terms(" ".join(word.removesuffix("'s") for word in words if word not in amounts))) | amounts


def support(claim: frozenset[str], words: frozenset[str]) -> float:
    """How much of a claim stands in a text of these words: 0 for nothing, 1 for all; numbers count double."""
    whole = weight(claim)
    return weight(claim & words) / whole if whole else 0.0


def weight(words: frozenset[str]) -> float:
    """How much the words say; those with a digit, such as codes and amounts, count double."""
    return sum(_NUMBER_WEIGHT if any(map(str.isdigit, word)) else 1.0 for word in words)


def telling_words(passage: Passage, question: str) -> str:
    """The passage's sentence that fits the question best and says more than the question, unlike a mere heading."""
    asked = content_words(question)
    texts = [passage.best.text] if passage.best else []
    texts += sorted(
        (passage.text[start:end] for start, end in sentences(passage.text)),
        key=lambda text: -support(asked, content_words(text)),
    )
    return next((text for text in texts if len(content_words(text) - asked) >= _TELLING), passage.text)


def cited(marker: int, passage: Passage, claim: str) -> Citation:
    """The sentence of the passage that carries most of the claim; the passage's best one where none carries any."""
    words = content_words(claim)
    spans = sentences(passage.text)
    scores = [support(words, content_words(passage.text[start:end])) for start, end in spans]
    best = max(scores, default=0.0)
    if best > 0:
        start, end = spans[scores.index(best)]
    elif passage.best is not None:
        start, end = passage.best.start - passage.start, passage.best.end - passage.start
    else:
        start, end = 0, len(passage.text)
    return Citation(
        marker=marker,
        document_id=passage.document_id,
        file=passage.file,
        page=passage.page,
        start=passage.start + start,
        end=passage.start + end,
        text=passage.text[start:end],
    )

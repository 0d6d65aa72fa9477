"""Questions that only make sense in their chat: whether one refers back, what it is about, what fits it best."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from assistant.back_words import ANYWHERE, ARTICLES, OPENERS, UNSPACED, UNSPACED_APART, UNSPACED_OPENERS
from assistant.citations import content_words, support, weight
from assistant.documents import Findings, Passage
from assistant.language import language_of
from assistant.prompt import Turn
from assistant.stop_words import folded

_CLEAR: Final = 2.0
"""A question whose words say less than this is about what was asked before."""
_RICH: Final = 6.0
"""One whose words say more than this says itself what it is about, whatever pronouns are in it."""
_DOUBT: Final = 0.1
"""So that a passage which one of two searches did not find is not lost."""
_MOST_TURNS: Final = 4
_MOST_CHARACTERS: Final = 600
_PUNCTUATION: Final = ".,;:!?()[]\"'«»„“”¿¡…؟。"
_BLANK: Final = re.compile(
    r"\b(does|did|would|will|can|should) it take\b"
    r"|\b(is|was) it (true|possible|allowed|ok|okay|necessary|worth|safe|legal|normal|\w+ (to|that))\b"
    r"|\b(gibt|gab|geht) es\b|\bsein\s*\W*$|\b(faut|t|est)-(il|elle|ils|elles)\b|\blo (que|más|mejor|peor)\b",
    re.IGNORECASE,
)
"""Little words that refer to nothing."""
_POINTING: Final = re.compile(
    r"\b(does|do|did|is|was|are|were|will|would|can|could|should|has|had|about|of|for|with|after|before|from|than)"
    r" (this|that|these|those)\b|\b(this|that|these|those)\s*\W*$|^(this|that|these|those)\b"
    r"|\b(the|this|that|which|another|other) ones?\b"
    r"|\bdas(?=\s*\W*$| (pro|im|am|denn|noch|jetzt|alles|auch)\b)",
    re.IGNORECASE,
)
"""Words that point back in some places only."""


def refers_back(question: str) -> bool:
    """Whether a question is about something that it does not name."""
    said = weight(content_words(question))
    if said < _CLEAR:
        return True
    if min(said, len(question.split())) > _RICH:
        return False
    plain = _BLANK.sub(" ", question.strip())
    if _opens(plain) or _POINTING.search(plain) or _points_unspaced(plain):
        return True
    language = language_of(plain)
    pronouns = _ALL if language is None else ANYWHERE.get(language, frozenset())
    words = [part.strip(_PUNCTUATION) for part in plain.split()]
    for place, word in enumerate(words):
        small, is_name = word.lower(), place > 0 and word[:1].isupper()
        if small in pronouns and not is_name:
            return True
        if is_name or (small in ARTICLES and words[place + 1 : place + 2] and words[place + 1] not in pronouns):
            return False  # what comes before a pronoun is what it stands for
    return False


def topic(turns: Sequence[Turn]) -> str:
    """What a follow-up is about: the questions before it, back to the last one that stood for itself."""
    questions: list[str] = []
    for turn in reversed(turns[-_MOST_TURNS:]):
        questions.insert(0, turn.question)
        if not refers_back(turn.question):
            break
    return " ".join(questions)[-_MOST_CHARACTERS:]


def search_texts(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """What to search for: the question, and where it follows up on others, it together with those first."""
    if not turns or not refers_back(question):
        return (question,)
    joined = f"{topic(turns)} {question}"
    return (joined,) if weight(content_words(question)) < _CLEAR else (joined, question)


def better(question: str, joined: Findings, alone: Findings, limit: int) -> Findings:
    """What both searches found in one order: what fits the question's own words and what they are about stands first.

    What was asked before is no answer by itself: a passage that has none of the question's own words does not count.
    """
    own = content_words(question)
    found: list[Passage] = []
    for passage in (*alone.passages, *joined.passages):
        if not any(_overlap(passage, other) for other in found):
            found.append(passage)
    scores = [
        (_share(passage, joined.passages) + _DOUBT) * (_share(passage, alone.passages) + _DOUBT) for passage in found
    ]
    order = sorted(range(len(found)), key=lambda place: -scores[place])[:limit]
    best = max(scores, default=1.0)
    top = max((passage.score for passage in (*joined.passages, *alone.passages)), default=0.0)
    passages = tuple(replace(found[place], score=round(scores[place] / best * top, 4)) for place in order)
    carried = joined.answerable and any(support(own, _words_of(passage)) > 0 for passage in passages[:1])
    return Findings(
        passages=passages,
        answerable=alone.answerable or carried,
        took_ms=round(joined.took_ms + alone.took_ms, 1),
    )


def _share(passage: Passage, among: Sequence[Passage]) -> float:
    """The passage's score in parts of the best one's; nothing where it was not found."""
    same = [other.score for other in among if _overlap(passage, other)]
    return max(same, default=0.0) / among[0].score if among and among[0].score > 0 else 0.0


def _overlap(one: Passage, other: Passage) -> bool:
    return (
        (one.document_id, one.page) == (other.document_id, other.page)
        and one.start < other.end
        and other.start < one.end
    )


def _words_of(passage: Passage) -> frozenset[str]:
    return content_words(f"{passage.heading} {passage.text}")


def _opens(question: str) -> bool:
    """Whether it begins like the continuation of another one."""
    start = folded(question).lstrip(" ¿¡\"'“„«(")
    return start.startswith(_FOLDED_OPENERS)


def _points_unspaced(question: str) -> bool:
    """The same for scripts that put no spaces between words."""
    for apart in UNSPACED_APART:
        question = question.replace(apart, " ")
    return question.startswith(UNSPACED_OPENERS) or any(word in question for word in UNSPACED)


_ALL: Final = frozenset[str]().union(*ANYWHERE.values())
_FOLDED_OPENERS: Final = tuple(f"{folded(opener)} " for opener in OPENERS)

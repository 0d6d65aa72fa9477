"""Grounds: whether the files carry what a sentence claims. Small models invent; what they invent is not shown."""

import re
from collections.abc import Sequence
from typing import Final

from assistant.citations import content_words, support
from assistant.documents import Passage
from assistant.sentences import sentences

_ENOUGH_SUPPORT: Final = 0.75
_LEAST_SUBJECT: Final = 0.5
_COPIED: Final = 0.9
"""A claim that stands in a passage nearly word for word; below a heading that asks the same, that is enough."""
_ITEM_NUMBER: Final = re.compile(r"^\s*\d{1,2}[.)]\s+")
_REFERS_BACK: Final = re.compile(r"^\W*(?:he|she|it|they|this|that|these|those|her|his|its|their)\b", re.IGNORECASE)
_NEGATION: Final = re.compile(r"\b(?:not|no|never|none|without|cannot)\b|n['’]t\b", re.IGNORECASE)


def carrying_passage(claim: str, question: str, passages: Sequence[Passage]) -> int:
    """The number, from 1, of the passage with a sentence that carries the claim; 0 where none does.

    What the claim adds to the question has to stand in one sentence, every amount and code of it, affirmed or denied
    alike; and that sentence, with the one it refers back to, has to speak of what the question asks. Below a heading
    that speaks of it, such as that of a list of steps, a nearly literal copy will do.
    """
    claim = _ITEM_NUMBER.sub("", claim)
    asked = content_words(question)
    told = content_words(claim) - asked
    if not told or claim.rstrip().endswith("?"):
        return 0
    amounts = {word for word in told if any(map(str.isdigit, word))}
    best, best_support = 0, 0.0
    for number, passage in enumerate(passages, start=1):
        headed = support(asked, content_words(passage.heading)) > _LEAST_SUBJECT
        before: frozenset[str] = frozenset()
        for start, end in sentences(passage.text):
            text = passage.text[start:end]
            words = content_words(text)
            subject = words | before if _REFERS_BACK.search(text) else words
            carried = support(told, words)
            is_about = support(asked, subject) > _LEAST_SUBJECT or (headed and carried >= _COPIED and len(told) > 2)
            is_alike = bool(_NEGATION.search(text)) == bool(_NEGATION.search(claim))
            if amounts <= words and is_about and is_alike and carried >= _ENOUGH_SUPPORT and carried > best_support:
                best, best_support = number, carried
            before = words
    return best

"""The same words in several files, such as a private and a household copy, are one finding; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from assistant.documents import Elsewhere, Passage

_WORD: Final = re.compile(r"\w+")
_LEAST_CHARACTERS: Final = 40
"""Of letters and digits; what is shorter, such as a heading, may well stand in files that have nothing in common."""
_MOST_TOLD: Final = 5


def folded(order: Sequence[int], passages: Mapping[int, Passage]) -> tuple[list[int], dict[int, list[int]]]:
    """The passages in their order without those whose words stood in a better one of another file, and which those are.

    Words that a file itself repeats, such as the head of a table on each page, are not folded: each has its own page.
    """
    first: dict[str, int] = {}
    kept: list[int] = []
    copies: dict[int, list[int]] = {}
    for number in order:
        words = " ".join(_WORD.findall(passages[number].text.casefold()))
        best = first.setdefault(words, number) if len(words) >= _LEAST_CHARACTERS else number
        if best == number or passages[best].document_id == passages[number].document_id:
            kept.append(number)
        else:
            copies.setdefault(best, []).append(number)
    return kept, copies


def elsewhere(copies: Iterable[Passage]) -> tuple[Elsewhere, ...]:
    """Where else these words stand, each file once."""
    places = {
        one.document_id: Elsewhere(document_id=one.document_id, file=one.file, page=one.page)
        for one in reversed(tuple(copies))
    }
    return tuple(reversed(places.values()))[:_MOST_TOLD]

"""The part of a long passage around the words that matter; pure. What is left out is shown by dots."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 520
"""Characters of a passage that are shown whole; with more, the answer below it leaves the screen."""
_BEFORE: Final = 160
_DOTS: Final = "…"
_BORDER: Final = re.compile(r"\n|(?<=[^\W\d_][.!?])\s|(?<=[。！？])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Words to show, and the part of them, [start, end), that matters."""

    words: str
    start: int
    end: int


def excerpt(words: str, start: int, end: int) -> Excerpt:
    """At most about LONGEST characters around [start, end), from one line or sentence border to another."""
    if len(words) <= LONGEST or not start < end:
        return Excerpt(words=words, start=start, end=end)
    borders = [0, *(found.end() for found in _BORDER.finditer(words)), len(words)]
    first = next(border for border in borders if border >= start - _BEFORE or border == start)
    first = min(first, start)
    last = max(border for border in borders if border <= max(first + LONGEST, end) or border == 0)
    last = max(last, end)
    before, after = (f"{_DOTS} " if first else ""), (f" {_DOTS}" if last < len(words) else "")
    shift = len(before) - first
    kept = words[first:last] if not after else words[first:last].rstrip()
    return Excerpt(words=f"{before}{kept}{after}", start=start + shift, end=end + shift)

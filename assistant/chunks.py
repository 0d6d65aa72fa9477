"""Pages cut into passages: each within one page, a few sentences long, with the headings that it stands under."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from assistant.parser.page import Heading, Page

LIMIT_CHARACTERS: Final = 700
_LEAST_CHARACTERS: Final = 250
"""A passage may end at any good border from here on."""
_LEAST_BEFORE_HEADING: Final = 120
"""A heading ends a passage that is at least so long; a shorter one goes on under it."""
_HEADINGS_SHOWN: Final = 3
HEADING_BORDER: Final = " › "
"""Between the headings that a passage stands under."""

_BORDERS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"[.!?:;]['\"’”)\]]*\n"),
    re.compile(r"(?<=[^\W\d_]{2})[.!?]['\"’”)\]]*\s|[。！？]"),
    re.compile(r"\n"),
    re.compile(r"\s"),
)
"""From the best kind of border to the worst; a passage ends behind the match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Characters [start, end) of a page's text, no blanks at its ends; `heading` is its context, not part of it."""

    page: int
    start: int
    end: int
    heading: str


def chunks(pages: Iterable[Page], limit: int = LIMIT_CHARACTERS) -> Iterator[Chunk]:
    """The passages of a document in order. Together they hold every character that is not blank, each once."""
    open_headings: list[Heading] = []
    for page in pages:
        for start, end in _spans(page, limit):
            shown = _path(open_headings)
            for heading in page.headings:
                if start <= heading.start < end:
                    _enter(open_headings, heading)
                    if heading.start - start < _LEAST_BEFORE_HEADING:
                        shown = _path(open_headings)
            yield Chunk(page=page.number, start=start, end=end, heading=shown)


def _spans(page: Page, limit: int) -> Iterator[tuple[int, int]]:
    text = page.text
    start = _skip_blanks(text, 0)
    while start < len(text):
        end = _end(page, start, limit)
        yield start, start + len(text[start:end].rstrip())
        start = _skip_blanks(text, end)


def _end(page: Page, start: int, limit: int) -> int:
    """Where the passage that begins here ends: before a heading, else behind the best border that is far enough."""
    text = page.text
    least = min(start + min(_LEAST_CHARACTERS, limit // 2), len(text))
    most = min(start + limit, len(text))
    for heading in page.headings:
        if start + min(_LEAST_BEFORE_HEADING, limit // 2) <= heading.start <= most:
            return heading.start
    if most == len(text):
        return most
    for border in _BORDERS:
        ends = [match.end() for match in border.finditer(text, least, most)]
        if ends:
            return ends[-1]
    return most


def _skip_blanks(text: str, index: int) -> int:
    while index < len(text) and text[index].isspace():
        index += 1
    return index


def _enter(open_headings: list[Heading], heading: Heading) -> None:
    """Close what the new heading ends: all that do not stand above it."""
    while open_headings and open_headings[-1].level >= heading.level:
        open_headings.pop()
    open_headings.append(heading)


def _path(open_headings: list[Heading]) -> str:
    return HEADING_BORDER.join(heading.text for heading in open_headings[-_HEADINGS_SHOWN:])

"""What formats without pages are made of: paragraphs, headings and rows, cut into pages that a person can find."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from assistant.parser.page import Heading, Page

PAGE_CHARACTERS: Final = 4_000
"""A page of a format that knows no pages ends at the last block before this many characters."""
_HEADING_CHARACTERS: Final = 300
"""What is longer is a paragraph, whatever its style says."""
_BORDERS: Final = ("\n\n", "\n", ". ", " ")
_ORDINARY: Final = re.compile(r"[ -~\xa0-\u024f\u0370-\u03ff\u4e00-\u9fff]*")
"""Lines that hold nothing invisible but soft hyphens: nearly all."""
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Cn"})
_SPACES: Final = re.compile(r"[^\S\n]+")
_EDGES: Final = re.compile(r" *\n *")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, a table's row or a heading; `new_page` says that it begins a page (a slide, a sheet, a chapter)."""

    text: str
    level: int | None = None
    """Of a heading; 1 stands above 2."""
    new_page: bool = False
    tight: bool = False
    """It follows the block before it on the next line, as the rows of a table do."""


def shown(text: str) -> str:
    """The text without what nobody can see: control, format and unassigned characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\v", "\n").replace("\t", " ")
    return "\n".join(_shown_line(line) for line in text.split("\n"))


def _shown_line(line: str) -> str:
    if _ORDINARY.fullmatch(line):
        return line.replace("\xad", "")
    return "".join(character for character in line if unicodedata.category(character) not in _NOT_SHOWN)


def tidy(text: str) -> str:
    """The text with single spaces, no blanks at its lines' ends and at most one blank line."""
    return _BLANK_LINES.sub("\n\n", _EDGES.sub("\n", _SPACES.sub(" ", shown(text)))).strip()


def one_line(text: str) -> str:
    """The text in one line."""
    return " ".join(shown(text).split())


def paged(blocks: Iterable[Block], *, by_size: bool = True) -> Iterator[Page]:
    """Pages of these blocks: a page ends where a block begins one and, if `by_size`, before it grows too long."""
    page = _Growing()
    number = 0
    for block in blocks:
        text = tidy(block.text) if block.level is None else one_line(block.text)
        for index, piece in enumerate(pieces(text, _BORDERS, " \n") if by_size else [text]):
            begins = block.new_page and not index
            if page.text and (begins or (by_size and page.is_full_before(piece, block))):
                number += 1
                yield page.finished(number)
                page = _Growing()
            page.take(piece, block)
    if page.text:
        yield page.finished(number + 1)


def under(title: str, pages: Iterable[Page]) -> Iterator[Page]:
    """The same pages, the first of them under a title: the name of the file inside another that they come from."""
    first = True
    for page in pages:
        yield _titled(title, page) if first else page
        first = False


def _titled(title: str, page: Page) -> Page:
    shift = len(title) + 2
    heading = Heading(start=0, text=title, level=1)
    return replace(
        page,
        text=f"{title}\n\n{page.text}",
        headings=(heading, *(replace(one, start=one.start + shift, level=one.level + 1) for one in page.headings)),
        words=tuple(replace(word, start=word.start + shift, end=word.end + shift) for word in page.words),
        origin=None if page.origin is None else replace(page.origin, shift=page.origin.shift + shift),
    )


class _Growing:
    """A page that still takes blocks."""

    def __init__(self) -> None:
        self.text = ""
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._is_after_heading = False

    def is_full_before(self, piece: str, block: Block) -> bool:
        if block.level is not None and self._length > PAGE_CHARACTERS // 2:
            return True
        return self._length + len(piece) > PAGE_CHARACTERS

    def take(self, piece: str, block: Block) -> None:
        if not piece:
            return
        if self._parts:
            self._parts.append("\n" if block.tight and not self._is_after_heading else "\n\n")
            self._length += len(self._parts[-1])
        if block.level is not None and len(piece) <= _HEADING_CHARACTERS:
            self._headings.append(Heading(start=self._length, text=piece, level=block.level))
        self._is_after_heading = block.level is not None
        self._parts.append(piece)
        self._length += len(piece)
        self.text = piece

    def finished(self, number: int) -> Page:
        return Page(number=number, text="".join(self._parts), headings=tuple(self._headings))


def pieces(text: str, borders: Sequence[str], blanks: str) -> Iterator[str]:
    """A text in pieces that fit a page each, cut before the best border that is far enough. Linear."""
    at = 0
    while len(text) - at > PAGE_CHARACTERS:
        end = _end(text, at, borders)
        yield text[at:end].rstrip()
        at = end
        while at < len(text) and text[at] in blanks:
            at += 1
    yield text[at:]


def _end(text: str, at: int, borders: Sequence[str]) -> int:
    for border in borders:
        found = text.rfind(border, at + PAGE_CHARACTERS // 2, at + PAGE_CHARACTERS)
        if found > 0:
            return found
    return at + PAGE_CHARACTERS

"""A page of text as the parser hands it on, with the headings in it and, on a scan, where each word stands."""

from dataclasses import dataclass
from typing import Any, Final

FULL: Final = 10_000
"""A word's place is counted in this many parts of its page's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A line of a page that is the title of what follows; a smaller level stands above a larger one."""

    start: int
    text: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Characters [start, end) of a scanned page's text, and their box from the top left corner in parts of FULL."""

    start: int
    end: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """Where the picture of a page is: in the file itself, or in one inside it."""

    within: tuple[int, ...] = ()
    """Which file inside the file, and inside that one, in the order in which they are read; counted from 0."""
    page: int
    """Of the innermost file; 0 where that page has no picture."""
    shift: int = 0
    """How many characters of titles stand before the innermost page's own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: numbered from 1; the headings' and words' starts are offsets into its text."""

    number: int
    text: str
    headings: tuple[Heading, ...] = ()
    words: tuple[Word, ...] = ()
    origin: PagePicture | None = None
    """None where nobody has said so: it is a page of the file itself."""


def page_to_json(page: Page) -> dict[str, Any]:
    """The page as a line of the parser's answer."""
    headings = [{"start": heading.start, "text": heading.text, "level": heading.level} for heading in page.headings]
    origin = None if page.origin is None else [list(page.origin.within), page.origin.page, page.origin.shift]
    words = words_to_json(page.words)
    return {"page": page.number, "text": page.text, "headings": headings, "words": words, "origin": origin}


def page_from_json(answer: dict[str, Any]) -> Page:
    """The page in a line of the parser's answer. Raises KeyError, TypeError or ValueError where there is none."""
    text = str(answer["text"])
    headings = tuple(
        Heading(start=int(item["start"]), text=str(item["text"]), level=int(item["level"]))
        for item in answer["headings"]
    )
    words = words_from_json(answer.get("words", []))
    if any(not 0 <= heading.start <= len(text) for heading in headings):
        raise ValueError("a heading outside its page")
    if any(not 0 <= word.start <= word.end <= len(text) for word in words):
        raise ValueError("a word outside its page")
    origin = origin_from_json(answer.get("origin"))
    return Page(number=int(answer["page"]), text=text, headings=headings, words=words, origin=origin)


def origin_from_json(told: Any) -> PagePicture | None:
    """Where a picture is. Raises TypeError or ValueError where that is nonsense."""
    if told is None:
        return None
    within, page, shift = told
    return PagePicture(within=tuple(map(int, within)), page=int(page), shift=int(shift))


def words_to_json(words: tuple[Word, ...]) -> list[list[int]]:
    """Each word as six numbers."""
    return [[word.start, word.end, word.left, word.top, word.right, word.bottom] for word in words]


def words_from_json(rows: list[list[int]]) -> tuple[Word, ...]:
    """The words of such rows. Raises TypeError or ValueError where they are none."""
    words: list[Word] = []
    for row in rows:
        start, end, left, top, right, bottom = map(int, row)
        words.append(Word(start=start, end=end, left=left, top=top, right=right, bottom=bottom))
    return tuple(words)

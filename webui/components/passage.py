"""Shows words of a document: a found passage with its best sentence marked, and the chip that names its place."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from webui.chat_messages import Citation
from webui.components.basics import box, icon, text
from webui.excerpt import excerpt
from webui.library_messages import Passage
from webui.wording import place

_BROKEN_LINE = re.compile(r"(?<=[\w,;])\n(?=[a-z])")
"""A line's end in the middle of a sentence: the next line goes on in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Words on a page of a document; offsets count characters of the page's text."""

    document_id: str
    file: str
    page: int
    start: int
    end: int
    words: str


OpenPlace = Callable[[Place], object]


def of_citation(citation: Citation) -> Place:
    """Where a citation's words stand."""
    return Place(
        document_id=citation.document_id,
        file=citation.file,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        words=citation.text,
    )


def of_passage(passage: Passage) -> Place:
    """Where a passage's best sentence stands, or all of it where no sentence is best."""
    best = passage.best
    start, end = (best.start, best.end) if best else (passage.start, passage.end)
    words = (best.text if best else "") or passage.text
    return Place(
        document_id=passage.document_id, file=passage.file, page=passage.page, start=start, end=end, words=words
    )


def chip(where: Place, on_open: OpenPlace, *, marker: int | None = None) -> ui.element:
    """A button that names a file and page, and opens them."""
    made = box("button", "chip", type="button")
    with made:
        if marker is None:
            icon("file")
        else:
            text("span", str(marker), "chip-marker")
        text("span", place(where.file, where.page), "chip-words")
    made.on("click", lambda: on_open(where), args=[])
    return made


def quote(passage: Passage, on_open: OpenPlace, *, lead: bool = False) -> None:
    """A found passage as a quotation with its place below it; a long one around its best sentence."""
    with box("figure", "quote quote-lead" if lead else "quote"):
        with box("blockquote"):
            if passage.heading and not passage.text.lstrip().startswith(passage.heading):
                text("p", passage.heading, "quote-heading")
            shown = excerpt(flowing(passage.text), *_within(passage))
            marked(shown.words, shown.start, shown.end)
        with box("figcaption"):
            chip(of_passage(passage), on_open)
            if passage.also:
                text("span", also_in(passage), "muted")


def also_in(passage: Passage) -> str:
    """Where else the words of a passage stand."""
    return "also in " + "; ".join(place(one.file, one.page) for one in passage.also)


def flowing(words: str) -> str:
    """The words without the line breaks that only the page's width made; no character is added or lost."""
    return _BROKEN_LINE.sub(" ", words)


def marked(words: str, start: int, end: int) -> None:
    """Text with the characters from `start` to `end` under the marker pen; equal offsets mark nothing."""
    with box("p", "marked"):
        if words[:start]:
            text("span", words[:start])
        if words[start:end]:
            text("mark", words[start:end])
        if words[end:]:
            text("span", words[end:])


def _within(passage: Passage) -> tuple[int, int]:
    """The best sentence's offsets inside the passage's own text; found by its words where offsets disagree."""
    best = passage.best
    if best is None:
        return 0, 0
    start, end = best.start - passage.start, best.end - passage.start
    if 0 <= start < end <= len(passage.text) and best.text in ("", passage.text[start:end]):
        return start, end
    at = passage.text.find(best.text) if best.text else -1
    return (at, at + len(best.text)) if at >= 0 else (0, 0)

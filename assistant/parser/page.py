"""A page of text as the parser hands it on, with the headings in it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A line of a page that is the title of what follows; a smaller level stands above a larger one."""

    start: int
    text: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: numbered from 1; the headings' starts are offsets into its text."""

    number: int
    text: str
    headings: tuple[Heading, ...] = ()


def page_to_json(page: Page) -> dict[str, Any]:
    """The page as a line of the parser's answer."""
    headings = [{"start": heading.start, "text": heading.text, "level": heading.level} for heading in page.headings]
    return {"page": page.number, "text": page.text, "headings": headings}


def page_from_json(answer: dict[str, Any]) -> Page:
    """The page in a line of the parser's answer. Raises KeyError, TypeError or ValueError where there is none."""
    text = str(answer["text"])
    headings = tuple(
        Heading(start=int(item["start"]), text=str(item["text"]), level=int(item["level"]))
        for item in answer["headings"]
    )
    if any(not 0 <= heading.start <= len(text) for heading in headings):
        raise ValueError("a heading outside its page")
    return Page(number=int(answer["page"]), text=text, headings=headings)

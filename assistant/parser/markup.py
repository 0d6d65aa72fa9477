"""XML of any kind, and FictionBook: the text of its elements, a paragraph each; titles are headings."""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.page import Page
from assistant.parser.plain import lenient, plain_pages
from assistant.parser.xml import Element, local, parsed

_LEFT_OUT: Final = frozenset({"binary", "style", "script"})
_TITLES: Final = frozenset({"title", "article-title", "subtitle", "head", "heading"})
_SPOKEN: Final = ("text", "title", "label", "name", "alt", "description", "value")
"""Attributes that hold words for people, as in OPML."""


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read the words of an XML file. Raises FileFailureError where it is none."""
    found = False
    for page in paged(_blocks(parsed(content, desk))):
        found = True
        yield page
    if not found:  # all of it is in attributes, so that its source is its text
        yield from plain_pages(lenient(content), markdown=False)


def _blocks(root: Element) -> Iterator[Block]:
    """Each element that holds words of its own is a paragraph with all that is in it."""
    inside: Element | None = None
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local(element)
        depth += 1 if event == "start" else -1
        if event == "end":
            inside = None if element is inside else inside
        elif inside is None and (name in _LEFT_OUT or not name):
            inside = element
        elif inside is None:
            yield from (Block(text=text) for text in _attributes(element))
            if _is_paragraph(element):
                inside = element
                heading = name in _TITLES or any(local(above) in _TITLES for above in element.iterancestors())
                yield Block(text="".join(element.itertext()), level=min(depth, 9) if heading else None)


def _is_paragraph(element: Element) -> bool:
    return bool((element.text or "").strip()) or any((part.tail or "").strip() for part in element)


def _attributes(element: Element) -> Iterator[str]:
    for name in _SPOKEN:
        value = element.get(name, "").strip()
        if value and value != (element.text or "").strip():
            yield str(value)

"""A message as every mail format shows it: who, to whom, when, about what, the words, and what was attached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from assistant.parser.blocks import Block, one_line, paged
from assistant.parser.desk import Desk
from assistant.parser.html import html_blocks
from assistant.parser.page import Page

_FULLER: Final = 2
"""An HTML body that says this many times as much as the plain one is the message; the plain one is a stub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message; `details` are lines such as ("From", "…") in the order in which they are shown."""

    subject: str
    details: Sequence[tuple[str, str]]
    plain: str = ""
    html: str = ""
    attachments: Sequence[Attachment] = field(default=())


def letter_pages(letter: Letter, desk: Desk) -> Iterator[Page]:
    """The pages of a message, then those of its attachments, each under its name."""
    names = [one_line(attachment.name) for attachment in letter.attachments]
    yield from paged(chain(_head(letter, names), _body(letter, desk)))
    for name, attachment in zip(names, letter.attachments, strict=True):
        yield from desk.inside(name, attachment.content, attachment.media_type)


def _head(letter: Letter, names: Sequence[str]) -> Iterator[Block]:
    yield Block(text=letter.subject.strip() or "(no subject)", level=1, new_page=True)
    shown = [*letter.details, ("Attached", ", ".join(names))]
    yield from (Block(text=f"{label}: {one_line(value)}", tight=True) for label, value in shown if value.strip())


def _body(letter: Letter, desk: Desk) -> Iterator[Block]:
    marked = list(html_blocks(letter.html, desk)) if letter.html.strip() else []
    if _words(letter.plain) * _FULLER > sum(_words(block.text) for block in marked):
        yield from (Block(text=paragraph) for paragraph in letter.plain.replace("\r\n", "\n").split("\n\n"))
    else:
        yield from marked


def _words(text: str) -> int:
    return len(text.split())

"""VCF contacts: each person with numbers, addresses and notes; photos and keys are left out."""

from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.content_lines import ContentLine, characters_of, content_lines, fields
from assistant.parser.desk import Desk
from assistant.parser.page import Page

_WORDS: Final = {
    "NICKNAME": "Nickname",
    "ORG": "Organisation",
    "TITLE": "Title",
    "ROLE": "Role",
    "TEL": "Telephone",
    "EMAIL": "Mail",
    "ADR": "Address",
    "LABEL": "Address",
    "BDAY": "Birthday",
    "ANNIVERSARY": "Anniversary",
    "URL": "Web",
    "IMPP": "Chat",
    "CATEGORIES": "Groups",
    "RELATED": "Related",
    "NOTE": "Note",
}
_STRUCTURED: Final = frozenset({"ADR", "ORG", "N"})


def read(content: bytes, _kind: str, _desk: Desk) -> Iterator[Page]:
    """Read contacts. Raises FileFailureError where the bytes are no text."""
    yield from paged(_cards(characters_of(content)))


def _cards(text: str) -> Iterator[Block]:
    card: list[ContentLine] = []
    for line in content_lines(text):
        if line.name == "BEGIN":
            card = []
        elif line.name == "END":
            yield from _card(card)
            card = []
        else:
            card.append(line)
    yield from _card(card)


def _card(lines: list[ContentLine]) -> Iterator[Block]:
    if not lines:
        return
    names = {line.name: line for line in reversed(lines)}
    name = names.get("FN")
    parts = names.get("N")
    title = name.text if name and name.text.strip() else " ".join(fields(parts.value)) if parts else ""
    yield Block(text=title or "Without a name", level=2)
    for line in lines:
        word = _WORDS.get(line.name)
        value = ", ".join(fields(line.value)) if line.name in _STRUCTURED else line.text
        if word and value.strip():
            kind = line.parameter("TYPE").lower().replace(",", ", ")
            yield Block(text=f"{word}{f' ({kind})' if kind else ''}: {value.removeprefix('tel:')}", tight=True)

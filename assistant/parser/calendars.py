"""ICS calendars: each event or task with its title, time, place and people."""

import re
from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.content_lines import ContentLine, characters_of, content_lines
from assistant.parser.desk import Desk
from assistant.parser.page import Page
from assistant.parser.recurrence import in_words

_ENTRIES: Final = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_WORDS: Final = {
    "DTSTART": "Begins",
    "DTEND": "Ends",
    "DUE": "Due",
    "COMPLETED": "Done",
    "DURATION": "Lasts",
    "LOCATION": "Place",
    "ORGANIZER": "Organised by",
    "ATTENDEE": "With",
    "RRULE": "Repeats",
    "CATEGORIES": "Kind",
    "STATUS": "Status",
    "URL": "Link",
    "CONTACT": "Contact",
    "DESCRIPTION": "",
    "COMMENT": "",
}
_MOMENT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{0,2}(Z?))?")
_TIMES: Final = frozenset({"DTSTART", "DTEND", "DUE", "COMPLETED"})
_PEOPLE: Final = frozenset({"ORGANIZER", "ATTENDEE"})


def read(content: bytes, _kind: str, _desk: Desk) -> Iterator[Page]:
    """Read a calendar. Raises FileFailureError where the bytes are no text."""
    yield from paged(_entries(characters_of(content)))


def _entries(text: str) -> Iterator[Block]:
    entry: list[ContentLine] | None = None
    inner = 0
    for line in content_lines(text):
        value = line.value.strip().upper()
        if line.name == "BEGIN" and entry is None:
            entry = [] if value in _ENTRIES else None
        elif line.name == "BEGIN":
            inner += 1
        elif line.name == "END" and inner:
            inner -= 1
        elif line.name == "END" and entry is not None and value in _ENTRIES:
            yield from _entry(entry)
            entry = None
        elif entry is not None and not inner:
            entry.append(line)
        elif entry is None and line.name == "X-WR-CALNAME":
            yield Block(text=line.text, level=1)
    if entry:
        yield from _entry(entry)


def _entry(lines: list[ContentLine]) -> Iterator[Block]:
    title = next((line.text for line in lines if line.name == "SUMMARY" and line.text.strip()), "Without a title")
    yield Block(text=title, level=2)
    for line in lines:
        if line.name in _WORDS:
            word, value = _WORDS[line.name], _value(line)
            yield Block(text=f"{word}: {value}" if word else value, tight=True)


def _value(line: ContentLine) -> str:
    if line.name in _TIMES:
        return _moment(line)
    if line.name in _PEOPLE:
        address = re.sub(r"^mailto:", "", line.text, flags=re.IGNORECASE)
        name = line.parameter("CN")
        return f"{name} <{address}>" if name and name != address else address
    return in_words(line.value) if line.name == "RRULE" else line.text


def _moment(line: ContentLine) -> str:
    """A day, or a day and a time, with the time zone that the calendar names."""
    found = _MOMENT.fullmatch(line.value.strip())
    if not found:
        return line.text
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if found[4] is None:
        return day
    zone = "UTC" if found[6] else line.parameter("TZID")
    return f"{day} {found[4]}:{found[5]} {zone}".strip()

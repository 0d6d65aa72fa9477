"""Plain text and Markdown: which characters the bytes are, and pages of a sane size for formats that know no pages."""

import re
from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import pieces, shown
from assistant.parser.desk import Desk
from assistant.parser.encodings import encoding_of
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Heading, Page

_BORDERS: Final = ("\n# ", "\n## ", "\n\n", "\n", " ")
"""A page ends before the last heading, else paragraph, line or word that is far enough."""
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ZEROS_IN_UTF_16: Final = 0.2
"""In UTF-16 every second byte of a Latin text is zero; in other encodings hardly one."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MOST_CONTROL_CHARACTERS: Final = 0.01
_NO_CONTROL: Final = dict.fromkeys((*range(9), 11, *range(14, 32), *range(127, 160)))
_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def read(content: bytes, kind: str, _desk: Desk) -> Iterator[Page]:
    """Read a text, a program or a Markdown file. Raises FileFailureError where the bytes are no text."""
    yield from plain_pages(decoded(content), markdown=kind == "markdown")


def decoded(content: bytes) -> str:
    """The text that these bytes are: by their byte order mark, as UTF-8, as UTF-16, else as what makes sense.

    Raises FileFailureError where they are no text.
    """
    text = _decode(content)
    if len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROL_CHARACTERS:
        raise FileFailureError("broken", "This file holds no text, whatever its name says. Add it under its true name.")
    return text


def lenient(content: bytes) -> str:
    """The text that these bytes hold at most, where one knows that they are meant as text."""
    try:
        return decoded(content)
    except FileFailureError:
        return content.decode("latin-1").translate(_NO_CONTROL)


def plain_pages(text: str, *, markdown: bool) -> Iterator[Page]:
    """The pages of a text: form feeds end a page, and so does its size, at a paragraph's end where there is one."""
    number = 0
    for sheet in text.split("\f"):
        for piece in pieces(_normalised(sheet), _BORDERS, "\n"):
            if piece.strip():
                number += 1
                yield Page(number=number, text=piece, headings=markdown_headings(piece) if markdown else ())


def _decode(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        text = content.decode("utf-8")
        if "\x1b$" in text:
            text = content.decode(encoding_of(content))
    except UnicodeDecodeError:
        text = content.decode(encoding_of(content), errors="replace")
    high, low = content[0::2].count(0), content[1::2].count(0)
    if max(high, low) < len(content) * _ZEROS_IN_UTF_16:
        return text
    return content.decode("utf-16-be" if high > low else "utf-16-le", errors="replace")


def _normalised(sheet: str) -> str:
    lines = shown(sheet.replace("\t", "    ")).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def markdown_headings(text: str) -> tuple[Heading, ...]:
    """The headings of a Markdown text, those in fenced code aside."""
    code = [match.span() for match in _FENCE.finditer(text)]
    return tuple(
        Heading(start=match.start(), text=match[2], level=len(match[1]))
        for match in _HEADING.finditer(text)
        if not any(start <= match.start() < end for start, end in code)
    )

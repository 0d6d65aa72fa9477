"""Reads bytes with the parser in this very process, and in a process of its own as the product does."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from assistant.library_errors import UnreadableDocumentError
from assistant.parser.client import Reading
from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError
from assistant.parser.kinds import media_type
from assistant.parser.page import Page
from assistant.parser.protocol import Limits
from assistant.parser.readers import pages_of
from tests.assistant.shelves import parser


def read(name: str, content: bytes, limits: Limits | None = None) -> list[Page]:
    """The pages of a file of this name. Raises FileFailureError."""
    return noted(name, content, limits)[0]


def noted(name: str, content: bytes, limits: Limits | None = None) -> tuple[list[Page], tuple[str, ...]]:
    """The pages of a file, and what was noted while it was read."""
    desk = Desk(limits=limits or Limits(), read=pages_of)
    return list(pages_of(Source(content=content, media_type=media_type(name)), desk)), desk.notes


def text(name: str, content: bytes) -> str:
    """The text of all pages, an empty line between two."""
    return "\n\n".join(page.text for page in read(name, content))


def reason(name: str, content: bytes, limits: Limits | None = None) -> str:
    """Why a file cannot be read; empty where it can."""
    try:
        read(name, content, limits)
    except FileFailureError as failure:
        return failure.reason
    return ""


def in_a_process(folder: Path, name: str, content: bytes, limits: Limits | None = None) -> tuple[list[Page], Reading]:
    """What a parser process of its own makes of a file. Raises UnreadableDocumentError."""
    file = folder / "file"
    file.write_bytes(content)
    pages: list[Page] = []
    reading = parser(limits=limits).read(file, media_type(name), pages.append)
    return pages, reading


def reason_in_a_process(folder: Path, name: str, content: bytes, limits: Limits | None = None) -> str:
    """Why a parser process gave up; empty where it did not."""
    try:
        in_a_process(folder, name, content, limits)
    except UnreadableDocumentError as error:
        return error.reason
    return ""


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()

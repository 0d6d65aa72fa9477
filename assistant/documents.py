"""What the library speaks of: documents, passages and findings, as plain frozen data; and safe names for files."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from assistant.identifiers import DocumentId, PersonId, ShelfId

NAME_LIMIT: Final = 200


class Status(StrEnum):
    """How far a document has come."""

    QUEUED = "queued"
    READING = "reading"
    SEARCHABLE = "searchable"
    """Found by its words; its vectors are still to come."""
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file on a shelf."""

    id: DocumentId
    shelf: ShelfId
    name: str
    media_type: str
    size_bytes: int
    pages: int
    """0 until the file has been read."""
    status: Status
    reason: str | None
    """Why the status is "failed", or what is missing where the status is another one; a sentence."""
    progress: float
    """0 to 1 over all the work on this file."""
    added_at: datetime
    notes: tuple[str, ...] = ()
    """What in it could not be read, though the rest was; each a sentence."""
    folder: str = ""
    """In which folder of its shelf it lies, such as `letters/2026`; empty where in none."""
    added_by: PersonId | None = None
    dated_at: date | None = None
    """The file's own day: when it was sent, taken or written, or when a watched file changed."""
    is_locked: bool = False
    """Whether a password would open it, or more of it."""

    @property
    def day(self) -> date:
        """Of which day it is; where it does not say, the one on which it was added."""
        return self.dated_at or self.added_at.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The answer to an upload: `is_new` is false where the shelf already had these very bytes."""

    document: Document
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters [start, end) of a page's text, and those characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another file, and its page, that has the same words."""

    document_id: DocumentId
    file: str
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of one page: `text` is the page's text[start:end]; `best` is its sentence that fits the question best."""

    document_id: DocumentId
    file: str
    page: int
    start: int
    end: int
    text: str
    heading: str
    score: float
    best: Span | None = None
    also: tuple[Elsewhere, ...] = ()
    """Other files that have these words, which are not shown for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a search found, best first, and whether it looks as if the answer is in there."""

    passages: tuple[Passage, ...]
    answerable: bool
    took_ms: float


def display_name(name: str) -> str:
    """A file's name as data to show: no folders, control or direction characters, at most NAME_LIMIT characters."""
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    normal = unicodedata.normalize("NFC", last)
    kept = "".join(character for character in normal if unicodedata.category(character)[0] != "C")
    single_spaced = " ".join(kept.split())
    if single_spaced.strip(". ") == "":
        return "unnamed"
    if len(single_spaced) <= NAME_LIMIT:
        return single_spaced
    suffix = PurePosixPath(single_spaced).suffix[:20]
    return single_spaced[: NAME_LIMIT - len(suffix) - 1] + "…" + suffix

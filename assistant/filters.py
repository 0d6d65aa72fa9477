"""Which documents a person wants to see or search: by folder, kind, day and who added them."""

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Final, Literal

from assistant.documents import Document

Kind = Literal["pdf", "text", "office", "table", "mail", "picture", "book", "other"]

_ENDINGS: Final[dict[Kind, frozenset[str]]] = {
    "pdf": frozenset({".pdf"}),
    "text": frozenset({".txt", ".md", ".html", ".htm", ".log", ".json", ".xml", ".py", ".srt", ".vtt"}),
    "office": frozenset({".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".odp"}),
    "table": frozenset({".xls", ".xlsx", ".ods", ".csv", ".tsv"}),
    "mail": frozenset({".eml", ".msg", ".mbox"}),
    "picture": frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp"}),
    "book": frozenset({".epub"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a document has to be; None where it does not matter. Every value is data."""

    folder: str | None = None
    """And all folders inside it."""
    kind: Kind | None = None
    person: str | None = None
    since: date | None = None
    until: date | None = None


def kind_of(document: Document) -> Kind:
    """What kind of file a document is, as a person would say it."""
    ending = PurePosixPath(document.name).suffix.lower()
    return next((kind for kind, endings in _ENDINGS.items() if ending in endings), "other")


def fits(document: Document, chosen: Filter) -> bool:
    """Whether a document is what was chosen."""
    added = document.added_at.date()
    return (
        (chosen.folder is None or _is_in(document.folder, chosen.folder.strip("/")))
        and chosen.kind in {None, kind_of(document)}
        and chosen.person in {None, document.added_by}
        and (chosen.since is None or added >= chosen.since)
        and (chosen.until is None or added <= chosen.until)
    )


def _is_in(folder: str, chosen: str) -> bool:
    return not chosen or folder == chosen or folder.startswith(f"{chosen}/")

"""Which documents a person wants to see or search: by folder, kind, day and who added them."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from assistant.documents import Document
from assistant.parser.kinds import BY_NAME

Kind = Literal["pdf", "text", "office", "table", "mail", "picture", "book", "calendar", "archive", "other"]

_KINDS: Final[dict[Kind, frozenset[str]]] = {
    "pdf": frozenset({"pdf"}),
    "text": frozenset({"text", "markdown", "html", "xml", "ipynb", "srt", "vtt"}),
    "office": frozenset({"docx", "doc", "odt", "rtf", "pptx", "ppt", "odp", "ole"}),
    "table": frozenset({"xlsx", "xlsb", "xls", "ods", "csv", "tsv"}),
    "mail": frozenset({"eml", "emlx", "msg", "mbox", "tnef"}),
    "picture": frozenset({"png", "jpeg", "tiff", "webp", "gif", "bmp", "avif", "heic"}),
    "book": frozenset({"epub", "fb2"}),
    "calendar": frozenset({"ics", "vcf"}),
    "archive": frozenset({"zip", "tar", "compressed"}),
}
"""By the names of the kinds that the parser knows."""
_OF_MEDIA_TYPE: Final[dict[str, Kind]] = {
    BY_NAME[name].media_type: kind for kind, names in _KINDS.items() for name in names
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
    return _OF_MEDIA_TYPE.get(document.media_type, "other")


def fits(document: Document, chosen: Filter) -> bool:
    """Whether a document is what was chosen."""
    return (
        (chosen.folder is None or _is_in(document.folder, chosen.folder.strip("/")))
        and chosen.kind in {None, kind_of(document)}
        and chosen.person in {None, document.added_by}
        and (chosen.since is None or document.day >= chosen.since)
        and (chosen.until is None or document.day <= chosen.until)
    )


def _is_in(folder: str, chosen: str) -> bool:
    return not chosen or folder == chosen or folder.startswith(f"{chosen}/")

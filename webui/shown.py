"""Which files the library page shows, by what a person chose; pure functions that say what the search does."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import PurePosixPath

from webui.library_messages import Document

ENDINGS = {
    "pdf": (".pdf",),
    "text": (".txt", ".md", ".html", ".htm", ".log", ".json", ".xml", ".py", ".srt", ".vtt"),
    "office": (".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".odp"),
    "table": (".xls", ".xlsx", ".ods", ".csv", ".tsv"),
    "mail": (".eml", ".msg", ".mbox"),
    "picture": (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp"),
    "book": (".epub",),
}
"""As the assistant's search tells kinds apart; a test holds the two together."""


def asked(chosen: Mapping[str, str], today: date) -> dict[str, str]:
    """What was chosen, as the search takes it: `days` becomes the first day that counts."""
    given = {name: value for name, value in chosen.items() if value}
    days = given.pop("days", None)
    if days:
        given["since"] = (today - timedelta(days=int(days))).isoformat()
    return given


def is_shown(document: Document, given: Mapping[str, str]) -> bool:
    """Whether a file is what was asked for."""
    folder = given.get("folder", "")
    return (
        given.get("shelf", document.shelf_id) == document.shelf_id
        and given.get("person", document.added_by) == document.added_by
        and (not folder or document.folder == folder or document.folder.startswith(f"{folder}/"))
        and given.get("kind", kind_of(document)) == kind_of(document)
        and str(document.added_at)[:10] >= given.get("since", "")
    )


def kind_of(document: Document) -> str:
    """What kind of file it is."""
    ending = PurePosixPath(document.name).suffix.lower()
    return next((kind for kind, endings in ENDINGS.items() if ending in endings), "other")

"""Which files the library page shows, by what a person chose; pure functions that say what the search does."""

from collections.abc import Mapping
from datetime import date, timedelta

from webui.library_messages import Document


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
        and given.get("kind", document.kind) == document.kind
        and (document.dated_at or str(document.added_at))[:10] >= given.get("since", "")
    )

"""How OpenAI's answers carry citations: as annotations that its SDKs know, and in full in a field of our own."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from assistant.citations import Citation
from assistant.engine.place import Computed
from assistant.generation.events import FileQuoted, FilesRead
from assistant.generation.whole import Quotation


def citations_of(quotations: Iterable[Quotation]) -> list[Citation]:
    """The citations of files among them."""
    return [quotation.citation for quotation in quotations if isinstance(quotation, FileQuoted)]


def in_full(citation: Citation) -> dict[str, Any]:
    """File, page, the exact words and where they stand; as `/api/ask` tells it."""
    return asdict(citation)


def page_address(citation: Citation) -> str:
    """Where this box shows the page's text."""
    return f"/api/documents/{citation.document_id}/pages/{citation.page}"


def title_of(citation: Citation) -> str:
    """The source in a person's words."""
    return f"{citation.file}, page {citation.page}"


def annotation(citation: Citation, text: str) -> dict[str, Any]:
    """A citation as chat's `url_citation`: the place of its marker in the answer, and the page behind it."""
    marker = f"[{citation.marker}]"
    start = text.find(marker)
    place = (start, start + len(marker)) if start >= 0 else (len(text), len(text))
    return {
        "type": "url_citation",
        "url_citation": {
            "url": page_address(citation),
            "title": title_of(citation),
            "start_index": place[0],
            "end_index": place[1],
        },
    }


def place_told(told: dict[str, Any], computed_on: Computed | None) -> dict[str, Any]:
    """Where it was computed and why there, beside what is told already; nothing on a box that is in no mesh."""
    if computed_on is None:
        return {}
    return {"hearth": {**told.get("hearth", {}), "computed_on": asdict(computed_on)}}


def read_told(read: FilesRead) -> dict[str, Any]:
    """What the answer was made of."""
    return asdict(read)

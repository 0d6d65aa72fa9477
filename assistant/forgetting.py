"""What chats say of a document that is deleted or out of reach: the words that were quoted from it go with it."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from assistant.identifiers import DocumentId

OUT_OF_REACH: Final = (
    "This answer rested on a file that you can no longer read, so it is not shown. Ask whoever has it to share it."
)
GONE: Final = "This answer rested on a file that was deleted since, so it is gone with the file."


def forget_in_chats(connection: sqlite3.Connection, document: DocumentId) -> int:
    """Take a document's words out of every answer, within the caller's transaction; answers how many that were."""
    rows = connection.execute(
        "SELECT position, text, citations, sources FROM messages WHERE role = 'assistant' "
        "AND (instr(citations, ?) OR instr(coalesce(sources, ''), ?))",
        (document, document),
    ).fetchall()
    for row in rows:
        text, citations, sources = without(
            document, row["text"], json.loads(row["citations"]), json.loads(row["sources"]) if row["sources"] else None
        )
        connection.execute(
            "UPDATE messages SET text = ?, citations = ?, sources = ? WHERE position = ?",
            (
                text,
                json.dumps(citations, ensure_ascii=False),
                None if sources is None else json.dumps(sources, ensure_ascii=False),
                row["position"],
            ),
        )
    return len(rows)


def mentioned(citations: Sequence[dict[str, Any]], sources: dict[str, Any] | None) -> set[DocumentId]:
    """Every document on which an answer rests, or of which passages stand beside it."""
    passages = [] if sources is None else sources["passages"]
    places = [place for one in passages for place in (one, *one.get("also", ()))]
    earlier = () if sources is None else sources.get("earlier", ())
    return {DocumentId(one["document_id"]) for one in (*citations, *places)} | set(map(DocumentId, earlier))


def deleted(connection: sqlite3.Connection, documents: Iterable[DocumentId]) -> list[DocumentId]:
    """Those of these documents that are not there any more."""
    there = "SELECT 1 FROM documents WHERE id = ?"
    return [one for one in sorted(documents) if connection.execute(there, (one,)).fetchone() is None]


def without(
    document: DocumentId,
    text: str,
    citations: list[dict[str, Any]],
    sources: dict[str, Any] | None,
    *,
    instead: str = GONE,
) -> tuple[str, list[dict[str, Any]], dict[str, Any] | None]:
    """An answer's text, citations and sources without the document; the whole text goes where it may rest on it."""
    read = [] if sources is None else sources["passages"][: sources["fitted"]]
    rested = any(one["document_id"] == document for one in (*citations, *read))
    if rested or (sources is not None and document in sources.get("earlier", ())):
        text, citations = instead, []
    if sources is not None:
        kept = [
            {**passage, "also": [one for one in passage.get("also", ()) if one["document_id"] != document]}
            for passage in sources["passages"]
            if passage["document_id"] != document
        ]
        found = sources["found"] and text != instead
        # How many were found then stays true; of what is left none can be counted as read.
        sources = {**sources, "passages": kept, "found": found, "fitted": sources["fitted"] if found else 0}
    return text, citations, sources

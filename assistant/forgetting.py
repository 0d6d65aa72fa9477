"""What chats say of a document that is deleted: the words that were quoted from it go with it."""

import json
import sqlite3
from typing import Any, Final

from assistant.identifiers import DocumentId

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


def without(
    document: DocumentId, text: str, citations: list[dict[str, Any]], sources: dict[str, Any] | None
) -> tuple[str, list[dict[str, Any]], dict[str, Any] | None]:
    """An answer's text, citations and sources without the document; the whole text goes where it may rest on it."""
    read = [] if sources is None else sources["passages"][: sources["fitted"]]
    if any(one["document_id"] == document for one in (*citations, *read)):
        text, citations = GONE, []
    if sources is not None:
        kept = [passage for passage in sources["passages"] if passage["document_id"] != document]
        found = sources["found"] and text != GONE
        # How many were found then stays true; of what is left none can be counted as read.
        sources = {**sources, "passages": kept, "found": found, "fitted": sources["fitted"] if found else 0}
    return text, citations, sources

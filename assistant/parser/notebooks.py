"""Jupyter notebooks: the words and the programs of their cells, and what they printed."""

import json
from collections.abc import Iterator
from typing import Any

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page
from assistant.parser.plain import decoded, markdown_headings


def read(content: bytes, _kind: str, _desk: Desk) -> Iterator[Page]:
    """Read a notebook. Raises FileFailureError where it is none."""
    try:
        notebook = json.loads(decoded(content))
    except (ValueError, RecursionError) as error:
        raise FileFailureError("broken") from error
    if not isinstance(notebook, dict):
        raise FileFailureError("broken")
    cells = [cell for sheet in _listed(notebook.get("worksheets")) for cell in _listed(sheet.get("cells"))]
    yield from paged(block for cell in [*cells, *_listed(notebook.get("cells"))] for block in _cell(cell))


def _cell(cell: dict[str, Any]) -> Iterator[Block]:
    text = _joined(cell.get("source", cell.get("input", "")))
    if cell.get("cell_type") == "markdown":
        for paragraph in text.split("\n\n"):
            headings = markdown_headings(paragraph)
            yield Block(text=paragraph, level=headings[0].level if headings and "\n" not in paragraph.strip() else None)
        return
    yield Block(text=text)
    for output in _listed(cell.get("outputs")):
        data = output.get("data", output)
        plain = data.get("text/plain", output.get("text", "")) if isinstance(data, dict) else ""
        yield Block(text=_joined(plain))


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)

"""`hearth search`: the passages that a text finds."""

import argparse
import json
import textwrap
from typing import Any

from services.command.local import answered, connected


def act(given: argparse.Namespace) -> int:
    """Search and print; 0 also where nothing was found, which is an answer."""
    with connected(given.data) as client:
        found = answered(client.get("/api/search", params={"q": given.text, "limit": given.limit}))
    print(json.dumps(found, ensure_ascii=False) if given.json else told(found))
    return 0


def told(found: dict[str, Any], columns: int = 100) -> str:
    """The passages as a person reads them, best first."""
    if not found["passages"]:
        return "Nothing in your files has these words. Try fewer or other words."
    lines: list[str] = []
    for passage in found["passages"]:
        lines.append(f"{passage['file']}, page {passage['page']}")
        lines += textwrap.wrap(
            " ".join(passage["text"].split()), columns - 4, initial_indent="    ", subsequent_indent="    "
        )
        lines.append("")
    lines.append(f"{len(found['passages'])} passages in {found['took_ms']:.0f} ms.")
    return "\n".join(lines)

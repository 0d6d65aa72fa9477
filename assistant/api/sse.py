"""Server-sent events, as the HTML standard has them."""

import json
from typing import Any, Final

STILL_HERE: Final = ": still here\n\n"
"""A comment, which keeps a quiet connection open."""


def event(content: dict[str, Any], name: str = "") -> str:
    """One event with JSON in it."""
    named_line = f"event: {name}\n" if name else ""
    return f"{named_line}data: {json.dumps(content, ensure_ascii=False)}\n\n"

"""A call's arguments for dialects that tell them as JSON and not as the text that the model wrote."""

import json
from typing import Any


def arguments_told(text: str) -> Any:
    """The arguments; what was cut off, or holds numbers that JSON does not know, stays text.

    A model may write half a character, which no text can hold: a question mark stands in its place.
    """
    try:
        told = json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return {"incomplete": text}
    return json.loads(told.encode("utf-8", "replace"))

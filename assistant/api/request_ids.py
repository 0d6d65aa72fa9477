"""Gives each request of a program a number, in the header where its SDK looks for one; what breaks is logged by it."""

import secrets
from typing import Final

from assistant.api.dialects import Dialect

HEADERS: Final[dict[Dialect, bytes]] = {"openai": b"x-request-id", "anthropic": b"request-id"}
"""Ollama has none."""
STATE: Final = "request_id"
"""Where a request's state holds it."""


def new_id() -> str:
    """A number of its own."""
    return f"req_{secrets.token_hex(12)}"

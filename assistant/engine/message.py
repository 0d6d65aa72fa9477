"""One turn of a conversation, as the engine reads it."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Who said what."""

    role: Role
    text: str

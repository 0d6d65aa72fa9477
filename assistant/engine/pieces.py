"""What comes of a text that a model continues: pieces, and the end with what it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one token added: its text, which is empty within a character, and its probabilities where asked for."""

    text: str
    prompt_tokens: int = 0
    probabilities: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What an engine worked on one request, without what that waited."""

    read_tokens: int
    """Of the prompt, without what was known from an earlier request."""
    read_seconds: float
    written_tokens: int
    written_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The end of a continuation, and what it took."""

    why: str
    """`eos` (the model was done), `limit` or `word` (a stop sequence)."""
    word: str
    prompt_tokens: int
    cached_tokens: int
    tokens: int
    prompt_seconds: float
    seconds: float

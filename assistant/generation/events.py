"""What comes back while a model writes, in the order in which it comes; every dialect is written from these."""

from dataclasses import dataclass
from typing import Literal

from assistant.citations import Citation
from assistant.engine.place import Computed


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChance:
    """A token and how likely the model found it."""

    token: str
    raw: tuple[int, ...]
    """Its bytes, which need not be whole characters."""
    logprob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(TokenChance):
    """A token that was chosen, and the likeliest ones in its place."""

    others: tuple[TokenChance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The prompt was read; the answer begins. Always the first."""

    prompt_tokens: int
    model: str = ""
    """The model that writes in place of the one that was asked for; empty where it is that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The answer goes on with these words."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegun:
    """The model calls a tool; calls are counted from 0."""

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArguments:
    """The call's arguments, which are JSON, go on with this."""

    index: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuoted:
    """The answer rests on these words of a file of the household."""

    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuoted:
    """The words told since the last quotation rest on characters [start, end) of a document of the request."""

    document: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesRead:
    """What an answer from the files was made of; nothing is left out silently."""

    found: bool
    """Whether the files hold an answer; where not, no model was asked."""
    retrieved: int
    fitted: int
    dropped: int
    weaker: int
    """Those of the dropped that fit the question far less than the best one; for the others there was no more room."""
    dropped_turns: int
    """Earlier turns of the conversation that the model did not read."""
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was read and written, in tokens; `cached` of the prompt's were known from an earlier request."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    prompt_seconds: float = 0.0
    completion_seconds: float = 0.0


Reason = Literal["stop", "length", "calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The answer is whole, or as long as it may be; the last event."""

    reason: Reason
    stopped_by: str | None = None
    """The stop sequence that ended it."""
    usage: Usage = Usage()
    computed_on: Computed | None = None
    """Where, on a box that is in a mesh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The answer ends here, incomplete; the last event. `message` says what the person can do."""

    code: str
    message: str


Happening = Begun | Text | CallBegun | CallArguments | FileQuoted | DocumentQuoted | FilesRead | Ended | Broken

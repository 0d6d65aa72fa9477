"""What a program asks for: the one form into which every dialect is translated."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.engine.place import OnPlace, untold
from assistant.engine.sampling import Sampling
from assistant.identifiers import ShelfId

Schema = Mapping[str, Any]
"""A JSON schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """For whom the work is done: `line` is where they wait, `shelves` what they may read."""

    line: str
    shelves: tuple[ShelfId, ...]
    on_place: OnPlace = untold
    """Told where it is done, before the first word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function of the program, which the model may call."""

    name: str
    description: str = ""
    parameters: Schema = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that the model made; `arguments` is JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One turn of the conversation; a turn of `tool` brings the result of the call `call_id`."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[Call, ...] = ()
    call_id: str = ""


Parts = Literal["characters", "pages", "blocks", "results"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that came with the request, to be answered from and quoted by the place of its characters."""

    title: str
    text: str
    parts: Parts = "characters"
    """By what a place in it is told."""
    starts: tuple[int, ...] = ()
    """Where its pages or blocks begin in the text."""
    source: str = ""
    """Where a program found it."""

    def part_at(self, character: int) -> int:
        """The number of the page or block that holds this character, counted from 0."""
        return max(0, bisect_right(self.starts, character) - 1)


ToolChoice = Literal["none", "auto", "required"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One request: a conversation, or a `prompt` that is continued as it stands."""

    model: str
    said: tuple[Said, ...] = ()
    prompt: str | tuple[int, ...] | None = None
    prefill: str = ""
    """How the answer begins, given by the program; what comes back goes on from there."""
    documents: tuple[Document, ...] = ()
    """Texts that stand in the conversation and that the answer is to quote by place."""
    question: str = ""
    """What is asked of the documents, without them."""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    several_calls: bool = True
    schema: Schema | None = None
    """The answer is JSON of this form; an empty schema is any JSON object."""
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int | None = None
    """The longest answer; None is as long as the model's context allows."""
    takes_another: bool = False
    """Where no box can hold the model, a smaller one may answer; the program is told which one did, and why."""
    logprobs: int | None = None
    """How many likely tokens are told beside each chosen one; None tells no probabilities."""

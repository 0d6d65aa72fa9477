"""What requests of every foreign dialect have in common: fields of ours are checked, fields of others are let pass."""

import json
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DEEPEST: Final = 40
_LARGEST_SCHEMA: Final = 200_000
LONGEST_ANSWER: Final = 2**31 - 1
MOST_TOOLS: Final = 128


class Given(BaseModel):
    """A request, or a part of one. Programs send fields of later versions and of other servers; those do no harm."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _sound(text: str) -> str:
    if "\x00" in text:
        message = "a text cannot hold the character NUL"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "a text cannot hold half a character"
        raise ValueError(message) from error
    return text


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    if _depth(schema) > _DEEPEST:
        message = f"a schema may be {_DEEPEST} levels deep"
        raise ValueError(message)
    try:
        told = json.dumps(schema, ensure_ascii=False, allow_nan=False)
        told.encode()
    except ValueError as error:  # programs see what they sent again, and so does the engine
        message = "a schema cannot hold half a character or a number that JSON does not know"
        raise ValueError(message) from error
    if len(told) > _LARGEST_SCHEMA:
        message = f"a schema may be {_LARGEST_SCHEMA} characters long"
        raise ValueError(message)
    return schema


def _depth(value: Any) -> int:
    """How deep a JSON value is; found without recursion, as whoever sends it chooses the depth."""
    deepest, level = 0, [value]
    while level and deepest <= _DEEPEST:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest


Text = Annotated[str, AfterValidator(_sound)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_sound)]
JsonSchema = Annotated[dict[str, Any], AfterValidator(_bounded)]
ToolName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
StopWord = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_sound)]
Tokens = Annotated[int, Field(ge=1, le=LONGEST_ANSWER)]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Temperature = Annotated[float, Field(ge=0, le=2)]
Share = Annotated[float, Field(ge=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Count = Annotated[int, Field(ge=0, le=LONGEST_ANSWER)]

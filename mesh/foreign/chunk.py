"""Owns what one event of an OpenAI stream may look like; what is unknown here is let through, what is broken is not."""

from typing import Annotated

from pydantic import BaseModel, Field

Count = Annotated[int, Field(ge=0)]


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(BaseModel):
    index: Count | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Chance(BaseModel):
    token: str
    logprob: float
    bytes: list[Annotated[int, Field(ge=0, le=255)]] | None = None
    top_logprobs: "list[_Chance] | None" = None


class _Chances(BaseModel):
    content: list[_Chance] | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Chances | None = None


class _Cached(BaseModel):
    cached_tokens: Count | None = None


class _Usage(BaseModel):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: _Cached | None = None


class Chunk(BaseModel):
    """One event."""

    choices: list[_Choice]
    usage: _Usage | None = None

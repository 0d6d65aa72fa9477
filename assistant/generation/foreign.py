"""A request as an engine of another make is asked it, and what it writes as our own happenings."""

import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from assistant.engine.chat_wire import ChatWire
from assistant.engine.message import Message
from assistant.engine.sampling import Sampling, options
from assistant.generation.errors import UnfitRequestError
from assistant.generation.events import (
    Begun,
    CallArguments,
    CallBegun,
    Choice,
    Ended,
    Happening,
    Reason,
    Text,
    TokenChance,
    Usage,
)
from assistant.generation.request import Call, Generation, Said, Tool

Json = dict[str, Any]
_REASONS: Final[Mapping[str, Reason]] = {"length": "length", "tool_calls": "calls", "function_call": "calls"}


async def written(wire: ChatWire, generation: Generation) -> AsyncGenerator[Happening, None]:
    """What the engine writes, ending with `Ended`; raises the engine's errors."""
    is_text = generation.prompt is not None
    events = wire.text(text_asked(generation)) if is_text else wire.chat(chat_asked(generation))
    reading = _Reading()
    async with aclosing(events):
        async for event in events:
            for happening in reading.told(event):
                yield happening
    for happening in reading.finish():
        yield happening


async def words(
    wire: ChatWire, messages: Sequence[Message], *, max_tokens: int, sampling: Sampling
) -> AsyncGenerator[str, None]:
    """The text of an answer to a conversation, piece by piece."""
    body = {
        "messages": [{"role": message.role, "content": message.text} for message in messages],
        "max_tokens": max_tokens,
        **_sampled(sampling),
    }
    events = wire.chat(body)
    async with aclosing(events):
        async for event in events:
            for choice in event.get("choices") or ():
                if text := (choice.get("delta") or {}).get("content"):
                    yield str(text)


def chat_asked(generation: Generation) -> Json:
    """The body of a `chat.completion`; raises `UnfitRequestError` for what such engines do not know."""
    if generation.prefill:
        message = "This model runs on an engine of another make, which takes no beginning of an answer. Leave it out."
        raise UnfitRequestError("messages", message)
    body: Json = {"messages": [_said(one) for one in generation.said], **_common(generation)}
    if generation.tools:
        body["tools"] = [_tool(one) for one in generation.tools]
        body["tool_choice"] = generation.tool_choice
        if not generation.several_calls:
            body["parallel_tool_calls"] = False
    if generation.schema is not None:
        form = {"name": "answer", "strict": True, "schema": dict(generation.schema)}
        body["response_format"] = (
            {"type": "json_schema", "json_schema": form} if generation.schema else {"type": "json_object"}
        )
    if generation.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": generation.logprobs}
    return body


def text_asked(generation: Generation) -> Json:
    """The body of a `text_completion`; raises `UnfitRequestError`."""
    if not isinstance(generation.prompt, str):
        message = (
            "This model runs on an engine of another make, which does not know these tokens. Send the text itself."
        )
        raise UnfitRequestError("prompt", message)
    if generation.logprobs is not None:
        message = "This model runs on an engine of another make, which tells no probabilities of texts. Leave this out."
        raise UnfitRequestError("logprobs", message)
    return {"prompt": generation.prompt, **_common(generation)}


class _Reading:
    """One answer as it comes."""

    def __init__(self) -> None:
        self._has_begun = False
        self._finish = ""
        self._usage = Usage()
        self._pieces = 0
        self._calls: set[int] = set()

    def told(self, event: Json) -> list[Happening]:
        """What one event adds."""
        told: list[Happening] = []
        if isinstance(usage := event.get("usage"), dict):
            self._usage = _usage(usage)
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            text = delta.get("content") or choice.get("text") or delta.get("refusal") or ""
            if text:
                self._pieces += 1
                told.append(Text(text=str(text), choices=_choices(choice.get("logprobs"))))
            for number, call in enumerate(delta.get("tool_calls") or ()):
                told += self._call(int(call.get("index") or number), call)
            self._finish = choice.get("finish_reason") or self._finish
        if told and not self._has_begun:
            self._has_begun = True
            told.insert(0, Begun(prompt_tokens=self._usage.prompt))
        return told

    def finish(self) -> list[Happening]:
        """The end, as the engine told it."""
        usage = self._usage if self._usage.completion else Usage(prompt=self._usage.prompt, completion=self._pieces)
        reason: Reason = "calls" if self._calls else _REASONS.get(self._finish, "stop")
        begun: list[Happening] = [] if self._has_begun else [Begun(prompt_tokens=usage.prompt)]
        return [*begun, Ended(reason=reason, usage=usage)]

    def _call(self, index: int, call: Json) -> list[Happening]:
        function = call.get("function") or {}
        told: list[Happening] = []
        if index not in self._calls:
            self._calls.add(index)
            call_id = str(call.get("id") or f"call_{secrets.token_hex(12)}")
            told.append(CallBegun(index=index, id=call_id, name=str(function.get("name") or "")))
        if arguments := function.get("arguments"):
            told.append(CallArguments(index=index, text=str(arguments)))
        return told


def _common(generation: Generation) -> Json:
    limit = {} if generation.max_tokens is None else {"max_tokens": generation.max_tokens}
    return {**limit, **_sampled(generation.sampling)}


def _sampled(sampling: Sampling) -> Json:
    given = options(sampling)
    if bias := given.pop("logit_bias", None):
        given["logit_bias"] = {str(token): value for token, value in bias}
    return given


def _said(said: Said) -> Json:
    if said.role == "tool":
        return {"role": "tool", "tool_call_id": said.call_id, "content": said.text}
    told: Json = {"role": said.role, "content": said.text}
    if said.calls:
        told["tool_calls"] = [_made(call) for call in said.calls]
        told["content"] = said.text or None
    return told


def _made(call: Call) -> Json:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: Tool) -> Json:
    told: Json = {"name": tool.name, "parameters": dict(tool.parameters) or {"type": "object", "properties": {}}}
    if tool.description:
        told["description"] = tool.description
    return {"type": "function", "function": told}


def _usage(told: Json) -> Usage:
    details = told.get("prompt_tokens_details") or {}
    return Usage(
        prompt=int(told.get("prompt_tokens") or 0),
        cached=int(details.get("cached_tokens") or 0),
        completion=int(told.get("completion_tokens") or 0),
    )


def _choices(told: Json | None) -> tuple[Choice, ...]:
    return tuple(
        Choice(**_chance(one), others=tuple(TokenChance(**_chance(other)) for other in one.get("top_logprobs") or ()))
        for one in (told or {}).get("content") or ()
    )


def _chance(told: Json) -> Json:
    token = str(told.get("token", ""))
    raw = told.get("bytes")
    return {
        "token": token,
        "raw": tuple(raw) if raw is not None else tuple(token.encode("utf-8", "replace")),
        "logprob": float(told.get("logprob") or 0.0),
    }

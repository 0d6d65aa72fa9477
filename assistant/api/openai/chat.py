"""From what happened to OpenAI's chat completions, whole and in chunks; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.api.dialects import refusal_body
from assistant.api.openai.citing import annotation, citations_of, in_full, place_told, read_told
from assistant.citations import Citation
from assistant.generation.events import (
    Begun,
    Broken,
    CallArguments,
    CallBegun,
    Choice,
    DocumentQuoted,
    Ended,
    FileQuoted,
    FilesRead,
    Happening,
    Reason,
    Text,
    TokenChance,
    Usage,
)
from assistant.generation.whole import Whole

FINISH: dict[Reason, str] = {"stop": "stop", "length": "length", "calls": "tool_calls"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands on every piece of one answer."""

    id: str
    created: int
    model: str


def usage_told(usages: Iterable[Usage]) -> Json:
    """The tokens of one answer, or of several over one prompt."""
    listed = list(usages)
    prompt = listed[0].prompt if listed else 0
    completion = sum(usage.completion for usage in listed)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": listed[0].cached if listed else 0},
    }


def logprobs_told(choices: Sequence[Choice], tops: int) -> Json:
    """The probabilities of the chosen tokens, each with `tops` others."""
    return {
        "content": [
            {**_chance(choice), "top_logprobs": [_chance(other) for other in choice.others[:tops]]}
            for choice in choices
        ],
        "refusal": None,
    }


def completion(head: Head, answers: Sequence[Whole], logprobs: int | None) -> Json:
    """A whole `chat.completion`."""
    told: Json = {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": answers[0].model or head.model,
        "choices": [_choice(index, answer, logprobs) for index, answer in enumerate(answers)],
        "usage": usage_told(answer.ended.usage for answer in answers),
    }
    first = answers[0]
    if citations := citations_of(first.quotations):
        told["citations"] = [in_full(citation) for citation in citations]
    if first.read:
        told["hearth"] = read_told(first.read)
    return {**told, **place_told(told, first.ended.computed_on)}


def _choice(index: int, answer: Whole, logprobs: int | None) -> Json:
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.calls:
        message["content"] = answer.text or None
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in answer.calls
        ]
    if citations := citations_of(answer.quotations):
        message["annotations"] = [annotation(citation, answer.text) for citation in citations]
    return {
        "index": index,
        "message": message,
        "logprobs": None if logprobs is None else logprobs_told(answer.choices, logprobs),
        "finish_reason": FINISH[answer.ended.reason],
    }


@dataclass(slots=True)
class Chunks:
    """Words one streamed choice after another as `chat.completion.chunk`s."""

    head: Head
    logprobs: int | None
    include_usage: bool
    _text: str = ""
    _citations: list[Citation] = field(default_factory=list)
    _usages: list[Usage] = field(default_factory=list)
    _read: FilesRead | None = None

    def begin(self, index: int) -> Json:
        """The first chunk of a choice."""
        self._text, self._citations, self._read = "", [], None
        return self._chunk(index, {"role": "assistant", "content": "", "refusal": None})

    def told(self, index: int, happening: Happening) -> list[Json]:
        """What one happening adds."""
        match happening:
            case Text(text=text, choices=choices):
                self._text += text
                chances = None if self.logprobs is None else logprobs_told(choices, self.logprobs)
                return [self._chunk(index, {"content": text}, logprobs=chances)]
            case CallBegun(index=number, id=call_id, name=name):
                begun = {
                    "index": number,
                    "id": call_id,
                    "type": "function",
                    "function": {"name": name, "arguments": ""},
                }
                return [self._chunk(index, {"tool_calls": [begun]})]
            case CallArguments(index=number, text=text):
                more = {"index": number, "function": {"arguments": text}}
                return [self._chunk(index, {"tool_calls": [more]})]
            case FileQuoted(citation=citation):
                self._citations.append(citation)
                return [self._chunk(index, {"annotations": [annotation(citation, self._text)]})]
            case FilesRead():
                self._read = happening
                return []
            case Ended(reason=reason, usage=usage, computed_on=computed_on):
                self._usages.append(usage)
                last = self._last(index, reason)
                return [{**last, **place_told(last, computed_on)}]
            case Broken(code=code, message=message):
                return [refusal_body("openai", 503, code, message)]
            case Begun(model=model):
                if not model:
                    return []
                self.head = replace(self.head, model=model)
                return [self._chunk(index, {})]
            case DocumentQuoted():
                return []

    def finish(self) -> list[Json]:
        """What follows the last choice."""
        if not self.include_usage:
            return []
        return [{**self._frame(), "choices": [], "usage": usage_told(self._usages)}]

    def _last(self, index: int, reason: Reason) -> Json:
        chunk = self._chunk(index, {}, finish=FINISH[reason])
        if self._citations:
            chunk["citations"] = [in_full(citation) for citation in self._citations]
        if self._read:
            chunk["hearth"] = read_told(self._read)
        return chunk

    def _chunk(self, index: int, delta: Json, *, finish: str | None = None, logprobs: Json | None = None) -> Json:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return {**self._frame(), "choices": [choice]}

    def _frame(self) -> Json:
        frame: Json = {
            "id": self.head.id,
            "object": "chat.completion.chunk",
            "created": self.head.created,
            "model": self.head.model,
        }
        return {**frame, "usage": None} if self.include_usage else frame


def _chance(chance: TokenChance) -> Json:
    return {"token": chance.token, "logprob": chance.logprob, "bytes": list(chance.raw)}

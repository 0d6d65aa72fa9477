"""From what happened to Ollama's answers, one JSON object a line or a whole one; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from assistant.api.arguments import arguments_told
from assistant.api.dialects import refusal_body
from assistant.citations import Citation
from assistant.generation.events import (
    Broken,
    CallArguments,
    CallBegun,
    Choice,
    Ended,
    FileQuoted,
    FilesRead,
    Happening,
    Text,
    TokenChance,
)
from assistant.generation.request import Call

Json = dict[str, Any]
Shape = Literal["chat", "generate"]


@dataclass(slots=True)
class Lines:
    """Words happenings as lines, and remembers what a whole answer needs."""

    shape: Shape
    model: str
    logprobs: int | None = None
    _text: str = ""
    _calls: list[Call] = field(default_factory=list)
    _chances: list[Json] = field(default_factory=list)
    _citations: list[Citation] = field(default_factory=list)
    _read: FilesRead | None = None

    def told(self, happening: Happening, now: datetime, total_seconds: float) -> Iterator[Json]:
        """What one happening adds; `total_seconds` since the request came."""
        match happening:
            case Text(text=text, choices=choices):
                self._text += text
                chances = [] if self.logprobs is None else chances_told(choices, self.logprobs)
                self._chances += chances
                yield self._line(now, text, chances=chances)
            case CallBegun(id=call_id, name=name):
                yield from self._last_call(now)
                self._calls.append(Call(id=call_id, name=name, arguments=""))
            case CallArguments(text=text):
                last = self._calls.pop()
                self._calls.append(Call(id=last.id, name=last.name, arguments=last.arguments + text))
            case FileQuoted(citation=citation):
                self._citations.append(citation)
            case FilesRead():
                self._read = happening
            case Ended():
                yield from self._last_call(now)
                yield self._ending(happening, now, total_seconds)
            case Broken(code=code, message=message):
                yield refusal_body("ollama", 503, code, message)
            case _:
                pass

    def whole(self, last: Json) -> Json:
        """The whole answer, once its last line is told."""
        content: Json = self._content(self._text)
        if self._calls and self.shape == "chat":
            content["message"]["tool_calls"] = [_call(at, call) for at, call in enumerate(self._calls)]
        return {**last, **content, **({"logprobs": self._chances} if self._chances else {})}

    def _last_call(self, now: datetime) -> Iterator[Json]:
        """Ollama tells a call once it is whole."""
        if self._calls and self.shape == "chat":
            line = self._line(now, "")
            line["message"]["tool_calls"] = [_call(len(self._calls) - 1, self._calls[-1])]
            yield line

    def _ending(self, ended: Ended, now: datetime, total_seconds: float) -> Json:
        usage = ended.usage
        told: Json = {
            **self._line(now, ""),
            "done": True,
            "done_reason": "length" if ended.reason == "length" else "stop",
            "total_duration": _nanoseconds(total_seconds),
            "load_duration": 0,
            "prompt_eval_count": usage.prompt,
            "prompt_eval_duration": _nanoseconds(usage.prompt_seconds),
            "eval_count": usage.completion,
            "eval_duration": _nanoseconds(usage.completion_seconds),
        }
        if self._citations:
            told["citations"] = [asdict(citation) for citation in self._citations]
        if self._read:
            told["hearth"] = asdict(self._read)
        return told

    def _line(self, now: datetime, text: str, chances: Sequence[Json] = ()) -> Json:
        told = {"model": self.model, "created_at": stamp(now), **self._content(text), "done": False}
        return {**told, "logprobs": list(chances)} if chances else told

    def _content(self, text: str) -> Json:
        return {"message": {"role": "assistant", "content": text}} if self.shape == "chat" else {"response": text}


def loaded(shape: Shape, model: str, now: datetime, *, reason: Literal["load", "unload", "stop"]) -> Json:
    """The answer to a request without a question, by which programs have a model loaded or let go."""
    content: Json = {"message": {"role": "assistant", "content": ""}} if shape == "chat" else {"response": ""}
    return {"model": model, "created_at": stamp(now), **content, "done": True, "done_reason": reason}


def stamp(moment: datetime) -> str:
    """RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z")


def chances_told(choices: Sequence[Choice], tops: int) -> list[Json]:
    """The probabilities of the chosen tokens, each with `tops` others."""
    return [
        {**_chance(choice), **({"top_logprobs": [_chance(one) for one in choice.others[:tops]]} if tops else {})}
        for choice in choices
    ]


def _chance(chance: TokenChance) -> Json:
    return {"token": chance.token, "logprob": chance.logprob, "bytes": list(chance.raw)}


def _call(index: int, call: Call) -> Json:
    function = {"index": index, "name": call.name, "arguments": arguments_told(call.arguments)}
    return {"id": call.id, "function": function}


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)

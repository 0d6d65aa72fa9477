"""From what happened to Anthropic's messages, whole and as stream events; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.api.anthropic.documents import place_told
from assistant.api.arguments import arguments_told
from assistant.api.dialects import refusal_body
from assistant.api.openai.citing import page_address, read_told, title_of
from assistant.generation.events import (
    Begun,
    Broken,
    CallArguments,
    CallBegun,
    DocumentQuoted,
    Ended,
    FileQuoted,
    FilesRead,
    Happening,
    Reason,
    Text,
)
from assistant.generation.request import Document
from assistant.generation.whole import Quotation, Whole

Json = dict[str, Any]


def message(message_id: str, model: str, answer: Whole, documents: Sequence[Document]) -> Json:
    """A whole message."""
    content: list[Json] = [
        {"type": "text", "text": stretch.text, "citations": _citations(stretch.quotations, documents)}
        for stretch in answer.stretches
        if stretch.text
    ]
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_told(call.arguments)}
        for call in answer.calls
    ]
    usage = answer.ended.usage
    told = {
        **_frame(message_id, model, usage.prompt, usage.completion),
        "content": content,
        "stop_reason": stop_reason(answer.ended),
        "stop_sequence": answer.ended.stopped_by,
    }
    return {**told, "hearth": read_told(answer.read)} if answer.read else told


def stop_reason(ended: Ended) -> str:
    """Why the answer ended, in Anthropic's words."""
    reasons: dict[Reason, str] = {"stop": "end_turn", "length": "max_tokens", "calls": "tool_use"}
    return "stop_sequence" if ended.stopped_by is not None else reasons[ended.reason]


@dataclass(slots=True)
class Events:
    """Words happenings as stream events: blocks are numbered, opened, lengthened and closed one after another."""

    message_id: str
    model: str
    documents: Sequence[Document]
    _block: int = -1
    _open: bool = False
    _quoted: bool = False
    _read: FilesRead | None = None

    def told(self, happening: Happening) -> Iterator[Json]:
        """What one happening adds."""
        match happening:
            case Begun(prompt_tokens=tokens):
                started = {**_frame(self.message_id, self.model, tokens, 0), "content": []}
                yield {"type": "message_start", "message": {**started, "stop_reason": None, "stop_sequence": None}}
                yield PING
            case Text(text=text):
                if self._quoted:  # words that follow a quotation rest on something else
                    yield from self._close()
                if not self._open:
                    yield self._begin({"type": "text", "text": "", "citations": None})
                yield self._delta({"type": "text_delta", "text": text})
            case FileQuoted() | DocumentQuoted():
                self._quoted = True
                yield self._delta({"type": "citations_delta", "citation": _citation(happening, self.documents)})
            case CallBegun(id=call_id, name=name):
                yield from self._close()
                yield self._begin({"type": "tool_use", "id": call_id, "name": name, "input": {}})
            case CallArguments(text=text):
                yield self._delta({"type": "input_json_delta", "partial_json": text})
            case FilesRead():
                self._read = happening
            case Ended():
                yield from self._close()
                yield from self._end(happening)
            case Broken(code=code, message=text):
                yield refusal_body("anthropic", 503, code, text)

    def _begin(self, block: Json) -> Json:
        self._block += 1
        self._open = True
        return {"type": "content_block_start", "index": self._block, "content_block": block}

    def _delta(self, delta: Json) -> Json:
        return {"type": "content_block_delta", "index": self._block, "delta": delta}

    def _close(self) -> Iterator[Json]:
        if self._open:
            yield {"type": "content_block_stop", "index": self._block}
        self._open = self._quoted = False

    def _end(self, ended: Ended) -> Iterator[Json]:
        usage = {"input_tokens": ended.usage.prompt, "output_tokens": ended.usage.completion}
        last: Json = {
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason(ended), "stop_sequence": ended.stopped_by},
            "usage": usage,
        }
        yield {**last, "hearth": read_told(self._read)} if self._read else last
        yield {"type": "message_stop"}


PING: Json = {"type": "ping"}


def _frame(message_id: str, model: str, prompt_tokens: int, tokens: int) -> Json:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "usage": {
            "input_tokens": prompt_tokens,
            "output_tokens": tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def _citations(quotations: Sequence[Quotation], documents: Sequence[Document]) -> list[Json] | None:
    return [_citation(quotation, documents) for quotation in quotations] or None


def _citation(quotation: Quotation, documents: Sequence[Document]) -> Json:
    match quotation:
        case DocumentQuoted():
            return place_told(quotation, documents)
        case FileQuoted(citation=citation):
            return {
                "type": "search_result_location",
                "cited_text": citation.text,
                "source": page_address(citation),
                "title": title_of(citation),
                "search_result_index": citation.marker - 1,
                "start_block_index": 0,
                "end_block_index": 1,
            }

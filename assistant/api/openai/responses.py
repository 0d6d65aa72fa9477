"""From what happened to OpenAI's responses, whole and as stream events; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.api.openai.chat import logprobs_told
from assistant.api.openai.citing import in_full, read_told
from assistant.api.openai.responses_wire import ResponsesRequest
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
    Usage,
)

Json = dict[str, Any]


@dataclass(slots=True)
class Growing:
    """A response while it grows: each happening becomes events, and what was told so far is the response."""

    given: ResponsesRequest
    id: str
    created: int
    model: str
    logprobs: int | None
    _items: list[Json] = field(default_factory=list)
    _number: int = -1
    _citations: list[Citation] = field(default_factory=list)
    _read: FilesRead | None = None

    def begin(self) -> Iterator[Json]:
        """What is told before the first word."""
        yield self._event("response.created", response=self.response("in_progress"))
        yield self._event("response.in_progress", response=self.response("in_progress"))

    def told(self, happening: Happening) -> Iterator[Json]:
        """What one happening adds."""
        match happening:
            case Text(text=text, choices=choices):
                yield from self._text(text, choices)
            case FileQuoted(citation=citation):
                self._citations.append(citation)
                yield from self._annotate(citation)
            case CallBegun(id=call_id, name=name):
                yield from self._close()
                yield from self._open(_call_item(f"fc_{self.id[5:]}_{len(self._items)}", call_id, name))
            case CallArguments(text=text):
                item = self._items[-1]
                item["arguments"] += text
                yield self._of_item("response.function_call_arguments.delta", delta=text)
            case FilesRead():
                self._read = happening
            case Ended(reason=reason, usage=usage):
                yield from self._close("incomplete" if reason == "length" else "completed")
                status = "incomplete" if reason == "length" else "completed"
                yield self._event(f"response.{status}", response=self.response(status, usage))
            case Broken(code=code, message=message):
                yield self._event("error", code=code, message=message, param=None)
                error = {"code": "server_error", "message": message}
                yield self._event("response.failed", response={**self.response("failed"), "error": error})
            case _:
                pass

    def response(self, status: str, usage: Usage | None = None) -> Json:
        """The response as far as it has come."""
        given = self.given
        told: Json = {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": given.instructions,
            "max_output_tokens": given.max_output_tokens,
            "metadata": given.metadata or {},
            "model": self.model,
            "output": [_copied(item) for item in self._items],
            "parallel_tool_calls": given.parallel_tool_calls is not False,
            "previous_response_id": given.previous_response_id,
            "reasoning": {"effort": None, "summary": None},
            "store": given.store is not False,
            "temperature": given.temperature,
            "text": {"format": _format_told(given)},
            "tool_choice": _choice_told(given),
            "tools": [tool.model_dump() for tool in given.tools or ()],
            "top_p": given.top_p,
            "truncation": "disabled",
            "usage": None if usage is None else _usage(usage),
        }
        if self._citations:
            told["citations"] = [in_full(citation) for citation in self._citations]
        return {**told, "hearth": read_told(self._read)} if self._read else told

    def _text(self, text: str, choices: tuple[Choice, ...]) -> Iterator[Json]:
        if not self._items or self._items[-1]["type"] != "message" or self._items[-1]["status"] != "in_progress":
            yield from self._open(_message_item(f"msg_{self.id[5:]}_{len(self._items)}"))
            self._items[-1]["content"].append(_part())
            yield self._of_item("response.content_part.added", content_index=0, part=_part())
        part = self._items[-1]["content"][0]
        part["text"] += text
        chances = [] if self.logprobs is None else logprobs_told(choices, self.logprobs)["content"]
        part["logprobs"] += chances
        yield self._of_item("response.output_text.delta", content_index=0, delta=text, logprobs=chances)

    def _annotate(self, citation: Citation) -> Iterator[Json]:
        part = self._items[-1]["content"][0]
        annotation = {
            "type": "file_citation",
            "file_id": citation.document_id,
            "filename": citation.file,
            "index": len(part["text"]),
        }
        part["annotations"].append(annotation)
        yield self._of_item(
            "response.output_text.annotation.added",
            content_index=0,
            annotation_index=len(part["annotations"]) - 1,
            annotation=annotation,
        )

    def _open(self, item: Json) -> Iterator[Json]:
        self._items.append(item)
        yield self._of_output("response.output_item.added")

    def _close(self, status: str = "completed") -> Iterator[Json]:
        if not self._items or self._items[-1]["status"] != "in_progress":
            return
        item = self._items[-1]
        item["status"] = status
        if item["type"] == "message":
            part = item["content"][0]
            yield self._of_item(
                "response.output_text.done", content_index=0, text=part["text"], logprobs=part["logprobs"]
            )
            yield self._of_item("response.content_part.done", content_index=0, part=_copied(part))
        else:
            yield self._of_item("response.function_call_arguments.done", name=item["name"], arguments=item["arguments"])
        yield self._of_output("response.output_item.done")

    def _of_output(self, kind: str) -> Json:
        return self._event(kind, output_index=len(self._items) - 1, item=_copied(self._items[-1]))

    def _of_item(self, kind: str, **more: Any) -> Json:
        return self._event(kind, item_id=self._items[-1]["id"], output_index=len(self._items) - 1, **more)

    def _event(self, kind: str, **more: Any) -> Json:
        self._number += 1
        return {"type": kind, "sequence_number": self._number, **more}


def _message_item(item_id: str) -> Json:
    return {"id": item_id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}


def _call_item(item_id: str, call_id: str, name: str) -> Json:
    return {
        "id": item_id,
        "type": "function_call",
        "status": "in_progress",
        "call_id": call_id,
        "name": name,
        "arguments": "",
    }


def _part() -> Json:
    return {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def _copied(item: Json) -> Json:
    """As it is now: it may grow after it was told."""
    copied = dict(item)
    if "content" in copied:
        copied["content"] = [_copied(part) for part in copied["content"]]
    for name in ("annotations", "logprobs"):
        if name in copied:
            copied[name] = list(copied[name])
    return copied


def _format_told(given: ResponsesRequest) -> Json:
    form = given.text.format if given.text else None
    return {"type": "text"} if form is None else form.model_dump(by_alias=True, exclude_none=True)


def _choice_told(given: ResponsesRequest) -> Any:
    choice = given.tool_choice or "auto"
    return choice if isinstance(choice, str) else choice.model_dump()


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt + usage.completion,
    }

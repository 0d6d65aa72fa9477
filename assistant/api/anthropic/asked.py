"""From Anthropic's requests to ours; pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from assistant.api.anthropic.documents import document_of, quotable
from assistant.api.anthropic.wire import (
    Block,
    CountRequest,
    CustomTool,
    DocumentBlock,
    MessagesRequest,
    OtherBlock,
    SearchResultBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    Turn,
)
from assistant.engine.sampling import Sampling
from assistant.generation.errors import UnfitRequestError
from assistant.generation.request import Call, Generation, Said, Schema, Tool, ToolChoice

_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking"})
"""Earlier thoughts that programs send back; the official API leaves them away too."""
_NEEDED: Final = {
    "text": ("text",),
    "document": ("source",),
    "search_result": ("source", "title", "content"),
    "tool_use": ("id", "name", "input"),
    "tool_result": ("tool_use_id",),
}
"""What makes a block of a kind that is known here; without it a block is like any unknown one."""


def messages_asked(given: MessagesRequest) -> Generation:
    """A messages request in our form; raises `UnfitRequestError` for what this box cannot do."""
    return _asked(
        given,
        sampling=Sampling(
            temperature=given.temperature,
            top_p=given.top_p,
            top_k=given.top_k,
            stop=tuple(given.stop_sequences or ()),
        ),
        max_tokens=given.max_tokens,
    )


def count_asked(given: CountRequest) -> Generation:
    """A request whose prompt is only to be counted."""
    return _asked(given, sampling=Sampling(), max_tokens=None)


def _asked(given: CountRequest, *, sampling: Sampling, max_tokens: int | None) -> Generation:
    _refuse(given)
    tools, choice = _tools(given)
    turns, prefill = _prefilled(given.messages)
    system = given.system if isinstance(given.system, str) else "\n\n".join(block.text for block in given.system or ())
    said = [said for turn in turns for said in _said(turn)]
    parallel = None if given.tool_choice is None else given.tool_choice.disable_parallel_tool_use
    return Generation(
        model=given.model,
        said=((Said(role="system", text=system),) if system else ()) + tuple(said),
        prefill=prefill,
        documents=quotable(given.messages),
        question=_question(turns),
        tools=tools,
        tool_choice=choice,
        several_calls=choice == "auto" if parallel is None else not parallel,
        schema=_form(given),
        sampling=sampling,
        max_tokens=max_tokens,
    )


def _prefilled(messages: Sequence[Turn]) -> tuple[Sequence[Turn], str]:
    """The turns, and the beginning of the answer where the last turn is the assistant's."""
    last = messages[-1]
    if last.role != "assistant":
        return messages, ""
    if isinstance(last.content, str):
        return messages[:-1], last.content
    return messages[:-1], "".join(_text(block) for block in last.content if block.type not in _THOUGHTS)


def _said(turn: Turn) -> Iterator[Said]:
    if isinstance(turn.content, str):
        yield Said(role=turn.role, text=turn.content)
        return
    words: list[str] = []
    calls: list[Call] = []
    for block in turn.content:
        match block:
            case ToolResultBlock():
                yield Said(role="tool", text=_result(block), call_id=block.tool_use_id)
            case ToolUseBlock():
                calls.append(Call(id=block.id, name=block.name, arguments=json.dumps(block.input, ensure_ascii=False)))
            case OtherBlock(type=kind) if kind in _THOUGHTS:
                pass
            case _:
                words.append(_text(block))
    if words or calls:
        yield Said(role=turn.role, text="\n\n".join(words), calls=tuple(calls))


def _text(block: Block) -> str:
    """The words of a block; raises `UnfitRequestError` for what is not text."""
    match block:
        case TextBlock():
            return block.text
        case DocumentBlock():
            title = f" “{block.title}”" if block.title else ""
            context = f" ({block.context})" if block.context else ""
            return f"Document{title}{context}:\n{document_of(block).text}"
        case SearchResultBlock():
            return f"Found “{block.title}” ({block.source}):\n{document_of(block).text}"
        case OtherBlock(type=kind) if kind in _NEEDED:
            needed = ", ".join(f"`{field}`" for field in _NEEDED[kind])
            raise UnfitRequestError("messages", f"A block of the kind “{kind}” does not fit: it needs {needed}.")
        case ToolUseBlock() | ToolResultBlock() | OtherBlock():
            message = (
                f"The models of this box read text alone, and this message holds “{block.type}” where it cannot be "
                "read. Send its text."
            )
            raise UnfitRequestError("messages", message)


def _result(block: ToolResultBlock) -> str:
    if block.content is None or isinstance(block.content, str):
        text = block.content or ""
    else:
        text = "\n".join(_text(one) for one in block.content)
    return f"Error: {text}" if block.is_error else text


def _question(turns: Sequence[Turn]) -> str:
    """The words of the last turn of the user, without documents."""
    last = next((turn for turn in reversed(turns) if turn.role == "user"), None)
    if last is None or isinstance(last.content, str):
        return last.content if last and isinstance(last.content, str) else ""
    return "\n".join(block.text for block in last.content if isinstance(block, TextBlock))


def _tools(given: CountRequest) -> tuple[tuple[Tool, ...], ToolChoice]:
    tools = tuple(_tool(tool) for tool in given.tools or ())
    choice = given.tool_choice
    if choice is None or choice.type in {"auto", "none"}:
        return tools, "none" if choice is not None and choice.type == "none" else "auto"
    wanted = tools if choice.type == "any" else tuple(tool for tool in tools if tool.name == choice.name)
    if not wanted:
        raise UnfitRequestError("tool_choice", "A call is required of a tool that this request does not bring.")
    return wanted, "required"


def _tool(tool: CustomTool) -> Tool:
    if tool.type not in {None, "custom"} or tool.input_schema is None:
        message = (
            f"The tool “{tool.name}” is of a kind that Anthropic defines (“{tool.type or 'custom'}”), without an "
            "`input_schema`. This box knows tools that bring one; describe it as a tool of your own."
        )
        raise UnfitRequestError("tools", message)
    return Tool(name=tool.name, description=tool.description or "", parameters=tool.input_schema)


def _form(given: CountRequest) -> Schema | None:
    form = given.output_format or (given.output_config.format if given.output_config else None)
    return None if form is None else form.schema_


def _refuse(given: CountRequest) -> None:
    if given.thinking is not None and given.thinking.type == "enabled":
        raise UnfitRequestError("thinking", "The models of this box do not think aloud. Leave out `thinking`.")
    if given.mcp_servers:
        raise UnfitRequestError("mcp_servers", "This box calls no servers for you. Offer their tools in `tools`.")
    if given.container is not None:
        raise UnfitRequestError("container", "This box runs no containers. Leave out `container`.")

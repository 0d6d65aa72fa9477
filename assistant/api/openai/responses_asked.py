"""From OpenAI's responses requests to ours; pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from assistant.api.openai.asked import chosen, parts_text, picked, several_asked
from assistant.api.openai.responses_kept import Json, KeptResponses, numbered
from assistant.api.openai.responses_wire import (
    InputItem,
    InputPart,
    ResponsesRequest,
    ResponseTool,
    ResponseToolNamed,
    ResponseToolsAllowed,
    TextFormat,
)
from assistant.engine.sampling import Sampling
from assistant.generation.errors import ResponseNotFoundError, UnfitRequestError
from assistant.generation.request import Call, Generation, Said, Schema, Tool, ToolChoice
from assistant.generation.unkept import refuse_unkept

LOGPROBS = "message.output_text.logprobs"


def items_asked(given: ResponsesRequest, kept: KeptResponses, asker: str) -> list[Json]:
    """Every item of the conversation, with what the request only refers to; raises `UnfitRequestError`."""
    field = "previous_response_id"
    try:
        earlier = kept.get(asker, given.previous_response_id).items if given.previous_response_id else ()
        field = "input"
        if isinstance(given.input, str):
            return [*earlier, *numbered(given.input)]
        now = [
            kept.item(asker, item.id or "") if item.is_reference else item.model_dump(exclude_none=True)
            for item in given.input
        ]
    except ResponseNotFoundError as error:
        raise UnfitRequestError(field, str(error)) from error
    return [*earlier, *numbered(now)]


def responses_asked(given: ResponsesRequest, asked: Sequence[Json]) -> Generation:
    """A responses request with its items in our form; raises `UnfitRequestError` for what this box cannot do."""
    _refuse(given)
    tools, choice = _tools(given)
    instructions = (Said(role="system", text=given.instructions),) if given.instructions else ()
    items = _said([InputItem.model_validate(item) for item in asked])
    wants_chances = LOGPROBS in (given.include or ()) or bool(given.top_logprobs)
    return Generation(
        model=given.model,
        said=(*instructions, *items),
        tools=tools,
        tool_choice=choice,
        several_calls=several_asked(given.parallel_tool_calls, choice),
        schema=_form(given.text.format if given.text else None),
        sampling=Sampling(temperature=given.temperature, top_p=given.top_p),
        max_tokens=given.max_output_tokens,
        logprobs=(given.top_logprobs or 0) if wants_chances else None,
    )


def _said(items: Sequence[InputItem]) -> list[Said]:
    said: list[Said] = []
    for item in items:
        _refuse_item(item)
        match item.type:
            case "message":
                said.append(Said(role=_role(item), text=_text(item.content)))
            case "function_call":
                call = Call(id=item.call_id or "", name=item.name or "", arguments=item.arguments or "{}")
                last = said.pop() if said and said[-1].role == "assistant" else Said(role="assistant", text="")
                said.append(
                    replace(last, calls=(*last.calls, call))
                )  # one turn's words and calls are items of their own
            case "function_call_output":
                said.append(Said(role="tool", text=_text(item.output), call_id=item.call_id or ""))
            case "reasoning":
                pass  # earlier thoughts are not read again
            case other:
                message = f"This box does not know input of the kind “{other}”. Leave it out, or send its text."
                raise UnfitRequestError("input", message)
    return said


def _refuse_item(item: InputItem) -> None:
    """Raises `UnfitRequestError` where an item lacks what makes it one."""
    needed: dict[str, dict[str, object]] = {
        "message": {"content": item.content},
        "function_call": {"call_id": item.call_id, "name": item.name},
        "function_call_output": {"call_id": item.call_id, "output": item.output},
    }
    for field, value in needed.get(item.type, {}).items():
        if value is None:
            raise UnfitRequestError("input", f"An item of the kind “{item.type}” needs its `{field}`.")


def _role(item: InputItem) -> Literal["system", "user", "assistant"]:
    if item.role is None or item.role == "user":
        return "user"
    return "assistant" if item.role == "assistant" else "system"


def _text(content: str | Sequence[InputPart] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return parts_text("input", content)


def _tools(given: ResponsesRequest) -> tuple[tuple[Tool, ...], ToolChoice]:
    tools = tuple(_tool(tool) for tool in given.tools or ())
    choice = given.tool_choice
    if isinstance(choice, ResponseToolNamed):
        return picked(tools, [choice.name]), "required"
    if isinstance(choice, ResponseToolsAllowed):
        return picked(tools, [one.name for one in choice.tools]), choice.mode
    return chosen(tools, choice)


def _tool(tool: ResponseTool) -> Tool:
    if tool.type != "function" or tool.name is None:
        message = f"This box has no tool of the kind “{tool.type}”. Offer functions, which your program runs itself."
        raise UnfitRequestError("tools", message)
    return Tool(name=tool.name, description=tool.description or "", parameters=tool.parameters or {})


def _form(form: TextFormat | None) -> Schema | None:
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return {}
    if form.schema_ is None:
        raise UnfitRequestError("text.format.schema", "The form `json_schema` needs a `schema`.")
    if form.strict:
        refuse_unkept("text.format.schema", form.schema_)
    return form.schema_


def _refuse(given: ResponsesRequest) -> None:
    for field, value in (("conversation", given.conversation), ("prompt", given.prompt)):
        if value is not None:
            message = f"This box does not take `{field}`. Name the `previous_response_id`, or send it all in `input`."
            raise UnfitRequestError(field, message)
    if given.background:
        raise UnfitRequestError("background", "This box answers while you wait. Leave out `background`.")
    if given.truncation == "auto":
        raise UnfitRequestError("truncation", "This box never cuts a prompt silently. Send less of the conversation.")

"""From OpenAI's chat and completion requests to ours; pure."""

from collections.abc import Sequence
from typing import Final

from assistant.api.openai.responses_wire import InputPart
from assistant.api.openai.wire import (
    ChatMessage,
    ChatRequest,
    ChatTool,
    CompletionRequest,
    Part,
    ResponseFormat,
    ToolNamed,
    ToolsAllowed,
)
from assistant.engine.sampling import Sampling
from assistant.generation.errors import UnfitRequestError
from assistant.generation.request import Call, Generation, Said, Schema, Tool, ToolChoice
from assistant.generation.unkept import refuse_unkept

_WORDS: Final = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"""Where the words of a part stand, by its kind."""


def chat_asked(given: ChatRequest) -> Generation:
    """A chat request in our form; raises `UnfitRequestError` for what this box cannot do."""
    _refuse_chat(given)
    tools = tools_asked(given.tools or ())
    tools, choice = chosen(tools, given.tool_choice)
    return Generation(
        model=given.model,
        said=tuple(said for message in given.messages for said in _said(message)),
        tools=tools,
        tool_choice=choice,
        several_calls=several_asked(given.parallel_tool_calls, choice),
        schema=form_asked(given.response_format),
        sampling=sampling_asked(given),
        max_tokens=given.max_completion_tokens or given.max_tokens,
        logprobs=(given.top_logprobs or 0) if given.logprobs else None,
        takes_another=True,
    )


def completions_asked(given: CompletionRequest) -> list[Generation]:
    """One of ours for each prompt; raises `UnfitRequestError`."""
    if given.suffix:
        raise UnfitRequestError("suffix", "This box cannot write the middle of a text. Leave out `suffix`.")
    if given.best_of is not None and given.best_of > 1:
        raise UnfitRequestError("best_of", "This box does not pick among several answers. Leave out `best_of`.")
    prompts = _prompts(given)
    if given.echo and any(not isinstance(prompt, str) for prompt in prompts):
        raise UnfitRequestError("echo", "Only a prompt that is text can be echoed.")
    if given.echo and given.logprobs is not None:
        raise UnfitRequestError("echo", "This box tells no probabilities of the prompt. Leave out `echo`.")
    return [
        Generation(
            model=given.model,
            prompt=prompt,
            sampling=sampling_asked(given),
            max_tokens=given.max_tokens,
            logprobs=given.logprobs,
        )
        for prompt in prompts
    ]


def sampling_asked(given: ChatRequest | CompletionRequest) -> Sampling:
    """How the next token is chosen."""
    stop = given.stop or ()
    return Sampling(
        temperature=given.temperature,
        top_p=given.top_p,
        top_k=given.top_k,
        min_p=given.min_p,
        repeat_penalty=given.repeat_penalty,
        seed=None if given.seed is None else given.seed % 2**32,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        presence_penalty=given.presence_penalty,
        frequency_penalty=given.frequency_penalty,
        logit_bias=tuple((int(token), bias) for token, bias in (given.logit_bias or {}).items()),
    )


def tools_asked(tools: Sequence[ChatTool]) -> tuple[Tool, ...]:
    """The tools in our form."""
    return tuple(
        Tool(
            name=one.function.name, description=one.function.description or "", parameters=one.function.parameters or {}
        )
        for one in tools
    )


def chosen(
    tools: tuple[Tool, ...], choice: str | ToolNamed | ToolsAllowed | None
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tools among which the model chooses, and whether it has to; a named one is the only one."""
    if isinstance(choice, ToolNamed):
        return picked(tools, [choice.function.name]), "required"
    if isinstance(choice, ToolsAllowed):
        allowed = choice.allowed_tools
        return picked(tools, [one.function.name for one in allowed.tools]), allowed.mode
    if choice == "required":
        if not tools:
            raise UnfitRequestError("tool_choice", "A call is required, and the request brings no tools.")
        return tools, "required"
    return tools, "none" if choice == "none" else "auto"


def picked(tools: Sequence[Tool], names: Sequence[str]) -> tuple[Tool, ...]:
    """The tools of these names; raises `UnfitRequestError` for one that the request does not bring."""
    known = {tool.name for tool in tools}
    for name in names:
        if name not in known:
            raise UnfitRequestError("tool_choice", f"There is no tool “{name}” among the tools of this request.")
    return tuple(tool for tool in tools if tool.name in names)


def several_asked(parallel: bool | None, choice: ToolChoice) -> bool:
    """Whether more than one call may come: a model that is forced to call writes one, unless several are wished for."""
    return choice == "auto" if parallel is None else parallel


def form_asked(form: ResponseFormat | None) -> Schema | None:
    """The JSON schema that the answer has to keep to; empty for any object."""
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return {}
    if form.json_schema is None or form.json_schema.schema_ is None:
        raise UnfitRequestError("response_format.json_schema", "The form `json_schema` needs a `schema`.")
    if form.json_schema.strict:
        refuse_unkept("response_format.json_schema.schema", form.json_schema.schema_)
    return form.json_schema.schema_


def text_of(content: str | Sequence[Part] | None) -> str:
    """The words of a message; raises `UnfitRequestError` for pictures, sound and files."""
    if content is None or isinstance(content, str):
        return content or ""
    return parts_text("messages", content)


def parts_text(field: str, parts: Sequence[Part | InputPart]) -> str:
    """The words of the parts of a message; raises `UnfitRequestError` for pictures, sound and files."""
    for part in parts:
        if part.text is None and part.refusal is None:
            if part.type in _WORDS:
                raise UnfitRequestError(field, f"A part of the kind “{part.type}” needs its `{_WORDS[part.type]}`.")
            message = f"The models of this box read text alone, and this message holds “{part.type}”. Send its text."
            raise UnfitRequestError(field, message)
    return "\n".join(part.text or part.refusal or "" for part in parts)


def _said(message: ChatMessage) -> list[Said]:
    text = text_of(message.content)
    match message.role:
        case "tool":
            return [Said(role="tool", text=text, call_id=message.tool_call_id or "")]
        case "system" | "developer":
            return [Said(role="system", text=text)]
        case "user":
            return [Said(role="user", text=text)]
        case "assistant":
            calls = tuple(
                Call(id=call.id, name=call.function.name, arguments=call.function.arguments)
                for call in message.tool_calls or ()
            )
            return [Said(role="assistant", text=text, calls=calls)]


def _prompts(given: CompletionRequest) -> list[str | tuple[int, ...]]:
    prompt = given.prompt
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt[0], int):
        return [tuple(one for one in prompt if isinstance(one, int))]
    return [one if isinstance(one, str) else tuple(one) for one in prompt if isinstance(one, str | list)]


def _refuse_chat(given: ChatRequest) -> None:
    if given.audio or (given.modalities and set(given.modalities) != {"text"}):
        raise UnfitRequestError("modalities", "The models of this box write text alone.")
    if given.functions:
        raise UnfitRequestError("functions", "`functions` is the old form. Send `tools`.")
    if given.web_search_options is not None:
        raise UnfitRequestError("web_search_options", "This box never searches the internet.")
    if given.top_logprobs and not given.logprobs:
        raise UnfitRequestError("top_logprobs", "`top_logprobs` needs `logprobs` to be true.")

"""OpenAI's requests for chat, completions and embeddings, as their bytes enter."""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistant.api.given import (
    MOST_TOOLS,
    Count,
    Given,
    JsonSchema,
    Name,
    Penalty,
    Seed,
    Share,
    StopWord,
    Temperature,
    Text,
    Tokens,
    ToolName,
)

Stop = StopWord | Annotated[list[StopWord], Field(max_length=16)] | None


class Part(Given):
    """A part of a message; only text is understood."""

    type: Name
    text: Text | None = None
    refusal: Text | None = None


class FunctionCalled(Given):
    """What the model called."""

    name: ToolName
    arguments: Text


class ToolCall(Given):
    """A call in an earlier answer."""

    id: Text
    type: Literal["function"] = "function"
    function: FunctionCalled


class ChatMessage(Given):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[Part] | None = None
    name: Text | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: Text | None = None


class Function(Given):
    """A function that may be called."""

    name: ToolName
    description: Text | None = None
    parameters: JsonSchema | None = None
    strict: bool | None = None


class ChatTool(Given):
    """A tool; only functions are known."""

    type: Literal["function"]
    function: Function


class FunctionNamed(Given):
    """The name in a choice."""

    name: ToolName


class ToolNamed(Given):
    """The one tool that has to be called."""

    type: Literal["function"] = "function"
    function: FunctionNamed


class AllowedTools(Given):
    """The tools among which the model chooses, and whether it has to."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[ToolNamed], Field(min_length=1, max_length=MOST_TOOLS)]


class ToolsAllowed(Given):
    """A choice among some of the tools."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


class FormSchema(Given):
    """A JSON schema with its name."""

    name: Text = "answer"
    schema_: Annotated[JsonSchema | None, Field(alias="schema")] = None
    strict: bool | None = None


class ResponseFormat(Given):
    """The answer's form."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: FormSchema | None = None


class StreamOptions(Given):
    """What a stream tells besides."""

    include_usage: bool | None = None


class _Sampled(Given):
    model: Name
    temperature: Temperature | None = None
    top_p: Share | None = None
    top_k: Count | None = None
    min_p: Share | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    seed: Seed | None = None
    stop: Stop = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[Annotated[str, Field(pattern=r"^\d{1,9}$")], Annotated[float, Field(ge=-100, le=100)]] | None = (
        None
    )
    n: Annotated[int, Field(ge=1, le=8)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


class ChatRequest(_Sampled):
    """`POST /v1/chat/completions`."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    tools: Annotated[list[ChatTool], Field(max_length=MOST_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolNamed | ToolsAllowed | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    modalities: list[Text] | None = None
    audio: dict[str, Any] | None = None
    functions: list[Any] | None = None
    web_search_options: dict[str, Any] | None = None


class CompletionRequest(_Sampled):
    """`POST /v1/completions`."""

    prompt: (
        Text
        | Annotated[list[Text], Field(min_length=1, max_length=64)]
        | Annotated[list[Count], Field(min_length=1)]
        | Annotated[list[Annotated[list[Count], Field(min_length=1)]], Field(min_length=1, max_length=64)]
    )
    max_tokens: Tokens | None = 16
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    echo: bool | None = None
    suffix: Text | None = None
    best_of: Annotated[int, Field(ge=1, le=20)] | None = None


class EmbeddingRequest(Given):
    """`POST /v1/embeddings`."""

    model: Name
    input: (
        Text
        | Annotated[list[Text], Field(min_length=1, max_length=2048)]
        | Annotated[list[int], Field(min_length=1)]
        | Annotated[list[list[int]], Field(min_length=1)]
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None

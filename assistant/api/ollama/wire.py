"""Ollama's requests, as their bytes enter; source: its API reference."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from assistant.api.given import MOST_TOOLS, Count, Given, JsonSchema, Name, Seed, StopWord, Text, ToolName

_DURATION: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)")


def _lasting(text: str) -> str:
    if text.strip() and _DURATION.fullmatch(text.strip()) is None:
        message = "Input should be a duration such as “5m”, or a number of seconds"
        raise ValueError(message)
    return text


KeepAlive = Annotated[str, Field(max_length=50), AfterValidator(_lasting)]


class Options(Given):
    """How the model writes. What only changes how fast it is computed is this box's own matter."""

    num_ctx: Count | None = None
    """A wish: the model has as much room here as it has, and a prompt beyond that is refused with the numbers."""
    num_predict: Annotated[int, Field(ge=-2, le=2**31 - 1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=10)] | None = None
    top_k: Count | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    typical_p: float | None = None
    mirostat: int | None = None
    repeat_last_n: Annotated[int, Field(ge=-1, le=2**31 - 1)] | None = None
    repeat_penalty: Annotated[float, Field(ge=0, le=10)] | None = None
    presence_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    seed: Seed | None = None
    stop: StopWord | Annotated[list[StopWord], Field(max_length=16)] | None = None


class _Written(Given):
    model: Name
    format: Literal["", "json"] | JsonSchema | None = None
    options: Options | None = None
    stream: bool | None = None
    keep_alive: KeepAlive | float | None = None
    think: bool | Text | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None


class Function(Given):
    """A function that may be called."""

    name: ToolName
    description: Text | None = None
    parameters: JsonSchema | None = None


class OllamaTool(Given):
    """A tool; only functions are known."""

    type: Literal["function"] | None = "function"
    function: Function


class FunctionCalled(Given):
    """What the model called."""

    name: ToolName
    arguments: JsonSchema = Field(default_factory=dict)


class Called(Given):
    """A call in an earlier answer."""

    function: FunctionCalled


class OllamaMessage(Given):
    """One turn."""

    role: Literal["system", "user", "assistant", "tool"]
    content: Text | None = None
    images: list[Any] | None = None
    tool_calls: list[Called] | None = None
    tool_name: Text | None = None


class OllamaChatRequest(_Written):
    """`POST /api/chat`."""

    messages: list[OllamaMessage] = Field(default_factory=list)
    tools: Annotated[list[OllamaTool], Field(max_length=MOST_TOOLS)] | None = None


class GenerateRequest(_Written):
    """`POST /api/generate`."""

    prompt: Text | None = None
    system: Text | None = None
    suffix: Text | None = None
    template: Text | None = None
    context: list[int] | None = None
    images: list[Any] | None = None
    raw: bool | None = None


class EmbedRequest(Given):
    """`POST /api/embed`."""

    model: Name
    input: Text | Annotated[list[Text], Field(max_length=2048)]
    truncate: bool | None = None
    dimensions: Count | None = None


class OldEmbedRequest(Given):
    """`POST /api/embeddings`."""

    model: Name
    prompt: Text | None = None


class ShowRequest(Given):
    """`POST /api/show`; `name` is the older word."""

    model: Name | None = None
    name: Name | None = None
    verbose: bool | None = None


class NamedRequest(Given):
    """Which model; `name` is the older word."""

    model: Name | None = None
    name: Name | None = None


class PullRequest(NamedRequest):
    """`POST /api/pull`."""

    stream: bool | None = None


class CopyRequest(Given):
    """`POST /api/copy`."""

    source: Name
    destination: Name


class CreateRequest(NamedRequest):
    """`POST /api/create`; what would change how a model behaves is not offered."""

    files: Annotated[dict[Name, Name], Field(max_length=16)] | None = None
    from_: Name | None = Field(default=None, alias="from")
    stream: bool | None = None
    quantize: Text | None = None
    adapters: dict[str, Any] | None = None
    template: Text | None = None
    system: Text | None = None
    parameters: dict[str, Any] | None = None
    messages: list[Any] | None = None
    modelfile: Text | None = None

"""Anthropic's requests, as their bytes enter; source: the reference of its Messages API."""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistant.api.given import MOST_TOOLS, Count, Given, JsonSchema, Name, Share, StopWord, Text, Tokens, ToolName


class CitationsConfig(Given):
    """Whether an answer quotes the document."""

    enabled: bool | None = None


class TextBlock(Given):
    """Words."""

    type: Literal["text"]
    text: Text


class Source(Given):
    """Where a document's content is."""

    type: Name
    media_type: Text | None = None
    data: Text | None = None
    content: Text | list[TextBlock] | None = None


class PaperSource(Source):
    """A PDF that was read here; no request brings one."""

    pages: tuple[str, ...]


class DocumentBlock(Given):
    """A document beside the question."""

    type: Literal["document"]
    source: Source
    title: Text | None = None
    context: Text | None = None
    citations: CitationsConfig | None = None


class SearchResultBlock(Given):
    """What a program found elsewhere, to be answered from and cited."""

    type: Literal["search_result"]
    source: Text
    title: Text
    content: list[TextBlock]
    citations: CitationsConfig | None = None


class ToolUseBlock(Given):
    """A call in an earlier answer."""

    type: Literal["tool_use"]
    id: Text
    name: ToolName
    input: JsonSchema


class OtherBlock(Given):
    """A block that only later code can judge, such as a picture."""

    type: Name


class ToolResultBlock(Given):
    """What a call gave."""

    type: Literal["tool_result"]
    tool_use_id: Text
    content: Text | list[TextBlock | DocumentBlock | SearchResultBlock | OtherBlock] | None = None
    is_error: bool | None = None


Block = TextBlock | DocumentBlock | SearchResultBlock | ToolUseBlock | ToolResultBlock | OtherBlock


class Turn(Given):
    """One turn."""

    role: Literal["user", "assistant"]
    content: Text | list[Block]


class CustomTool(Given):
    """A tool; those that Anthropic defines have another `type`, whoever runs them."""

    type: Text | None = None
    name: ToolName
    description: Text | None = None
    input_schema: JsonSchema | None = None


class Choice(Given):
    """Whether, and which, tool has to be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: ToolName | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Given):
    """Whether the model thinks aloud before it answers."""

    type: Literal["enabled", "disabled", "adaptive"]


class Form(Given):
    """The answer's form."""

    type: Literal["json_schema"]
    schema_: Annotated[JsonSchema, Field(alias="schema")]


class OutputConfig(Given):
    """How the answer is written."""

    format: Form | None = None


class CountRequest(Given):
    """`POST /v1/messages/count_tokens`."""

    model: Name
    messages: Annotated[list[Turn], Field(min_length=1)]
    system: Text | list[TextBlock] | None = None
    tools: Annotated[list[CustomTool], Field(max_length=MOST_TOOLS)] | None = None
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: Form | None = None
    mcp_servers: list[Any] | None = None
    container: Any = None


class MessagesRequest(CountRequest):
    """`POST /v1/messages`."""

    max_tokens: Tokens
    temperature: Share | None = None
    top_p: Share | None = None
    top_k: Count | None = None
    stop_sequences: Annotated[list[StopWord], Field(max_length=16)] | None = None
    stream: bool | None = None

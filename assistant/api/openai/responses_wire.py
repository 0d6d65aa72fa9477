"""OpenAI's requests for responses, as their bytes enter."""

from typing import Annotated, Any, Literal

from pydantic import Field

from assistant.api.given import MOST_TOOLS, Given, JsonSchema, Name, Share, Temperature, Text, Tokens, ToolName


class InputPart(Given):
    """A part of a message; only text is understood."""

    type: Name
    text: Text | None = None
    refusal: Text | None = None


class InputItem(Given):
    """A message, a call, a call's result, or the number of one that was told before; its `type` says which.

    A message may leave out its type.
    """

    type: Name = "message"
    id: Text | None = None
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: Text | list[InputPart] | None = None
    call_id: Text | None = None
    name: Text | None = None
    arguments: Text | None = None
    output: Text | list[InputPart] | None = None

    @property
    def is_reference(self) -> bool:
        """Whether it only names an item that was told before."""
        return self.type == "item_reference" or (
            self.type == "message" and self.id is not None and self.role is None and self.content is None
        )


class ResponseTool(Given):
    """A tool; only functions are known."""

    type: Name
    name: ToolName | None = None
    description: Text | None = None
    parameters: JsonSchema | None = None
    strict: bool | None = None


class ResponseToolNamed(Given):
    """The one tool that has to be called."""

    type: Literal["function"]
    name: ToolName


class ResponseToolsAllowed(Given):
    """A choice among some of the tools."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[ResponseToolNamed], Field(min_length=1, max_length=MOST_TOOLS)]


class TextFormat(Given):
    """The answer's form."""

    type: Literal["text", "json_object", "json_schema"]
    name: Text | None = None
    schema_: Annotated[JsonSchema | None, Field(alias="schema")] = None
    strict: bool | None = None


class TextConfig(Given):
    """How the answer is written."""

    format: TextFormat | None = None


class ResponsesRequest(Given):
    """`POST /v1/responses`."""

    model: Name
    input: Text | Annotated[list[InputItem], Field(min_length=1)]
    instructions: Text | None = None
    max_output_tokens: Tokens | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    tools: Annotated[list[ResponseTool], Field(max_length=MOST_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ResponseToolNamed | ResponseToolsAllowed | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    stream: bool | None = None
    store: bool | None = None
    metadata: dict[Text, Text] | None = None
    previous_response_id: Text | None = None
    conversation: Any = None
    background: bool | None = None
    prompt: Any = None
    truncation: Literal["auto", "disabled"] | None = None
    include: list[Text] | None = None

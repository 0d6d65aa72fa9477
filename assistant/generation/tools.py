"""Tools in words: how a model is told of them, and how calls and their results stand in the conversation.

The form is the one that many open models were trained on: calls in `<tool_call>`, results in `<tool_response>`.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from assistant.generation.request import Call, Generation, Said, Schema, Tool

CALL_OPEN: Final = "<tool_call>"
CALL_CLOSE: Final = "</tool_call>"
NAME_COMES: Final = f'{CALL_OPEN}\n{{"name": '
ARGUMENTS_COME: Final = ', "arguments": '
CALL_ENDS: Final = f"}}\n{CALL_CLOSE}"
MORE_OR_END: Final = f'root ::= "\\n{CALL_OPEN}" | ""'
"""A grammar in which the model either begins one more call or is done."""
MOST_CALLS: Final = 8
"""Calls in one answer, so that a small model that never ends does end."""


def messages_of(generation: Generation) -> list[dict[str, str]]:
    """The conversation as llama-server's templates take it: roles and texts, tools described in the system's words."""
    told: list[dict[str, str]] = []
    system = "\n\n".join(said.text for said in _leading_system(generation.said))
    if generation.tools and generation.tool_choice != "none":
        described = description(generation.tools, must=generation.tool_choice == "required")
        system = f"{system}\n\n{described}" if system else described
    if system:
        told.append({"role": "system", "content": system})
    for said in generation.said[len(_leading_system(generation.said)) :]:
        role, text = _worded(said)
        if said.role == "tool" and told and told[-1]["content"].endswith("</tool_response>"):
            told[-1]["content"] += f"\n{text}"
        else:
            told.append({"role": role, "content": text})
    return told


def description(tools: Sequence[Tool], *, must: bool) -> str:
    """What the model is told of its tools."""
    lines = [json.dumps(_described(tool), ensure_ascii=False) for tool in tools]
    duty = "Answer by calling a function." if must else "Call a function where it helps; otherwise answer in words."
    return "\n".join(
        [
            f"You can call functions. {duty} Each line describes one:",
            "<tools>",
            *lines,
            "</tools>",
            "A call is written like this:",
            f'{CALL_OPEN}\n{{"name": "the function", "arguments": {{"its": "arguments"}}}}\n{CALL_CLOSE}',
        ]
    )


def names_grammar(tools: Sequence[Tool]) -> str:
    """A grammar in which the model can only write the name of one of these tools, as JSON."""
    return "root ::= " + " | ".join(json.dumps(json.dumps(tool.name)) for tool in tools)


def arguments_schema(tool: Tool) -> Schema:
    """The form of a call's arguments: always an object, and an empty one where the tool takes nothing."""
    schema = {"type": "object", **tool.parameters}
    if not schema.get("properties") and not schema.keys() & {"additionalProperties", "$ref", "anyOf", "oneOf", "allOf"}:
        return {**schema, "properties": {}, "additionalProperties": False}
    return schema


def _leading_system(conversation: Sequence[Said]) -> Sequence[Said]:
    count = next((at for at, said in enumerate(conversation) if said.role != "system"), len(conversation))
    return conversation[:count]


def _worded(said: Said) -> tuple[str, str]:
    if said.role == "tool":
        return "user", f"<tool_response>\n{said.text}\n</tool_response>"
    return said.role, "\n".join([*([said.text] if said.text or not said.calls else []), *map(_call, said.calls)])


def _call(call: Call) -> str:
    return f"{NAME_COMES}{json.dumps(call.name)}{ARGUMENTS_COME}{call.arguments or '{}'}{CALL_ENDS}"


def _described(tool: Tool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    return told | {"parameters": arguments_schema(tool)}

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
_RESULT_OPEN: Final = "<tool_response>"
_RESULT_CLOSE: Final = "</tool_response>"
MORE_OR_END: Final = f'root ::= "\\n{CALL_OPEN}" | ""'
"""A grammar in which the model either begins one more call or is done."""
CALL_OR_ANSWER: Final = f'root ::= "{CALL_OPEN}" | [^< \\t\\r\\n] [^<]*'
"""A grammar in which the model either begins a call or says something else, as its first token tells."""
MOST_CALLS: Final = 8
"""Calls in one answer, so that a small model that never ends does end."""


def messages_of(generation: Generation) -> list[dict[str, str]]:
    """The conversation as llama-server's templates take it: roles and texts, tools described in the system's words.

    Many templates refuse whatever is not a system's words, then user and assistant by turns: what one side says twice
    in a row becomes one turn, later words of the system one of the user, and who only answers was asked nothing.
    """
    leading, spoken = _parted(generation.said)
    instructions = [said.text for said in leading if said.text]
    if generation.tools and generation.tool_choice != "none":
        instructions.append(description(generation))
    told = [{"role": "system", "content": "\n\n".join(instructions)}] if instructions else []
    if spoken and spoken[0].role == "assistant":
        told.append({"role": "user", "content": ""})
    for said in spoken:
        role, text = _worded(said)
        if told and told[-1]["role"] == role:
            told[-1]["content"] = _joined(told[-1]["content"], text, role)
        else:
            told.append({"role": role, "content": text})
    return told


def description(generation: Generation) -> str:
    """What the model is told of its tools."""
    lines = [json.dumps(_described(tool), ensure_ascii=False) for tool in generation.tools]
    if generation.tool_choice == "required":
        duty = "Answer by calling a function."
    else:
        answer = "in words" if generation.schema is None else "with JSON alone"
        duty = f"Call a function where it helps; otherwise answer {answer}."
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


def _parted(conversation: Sequence[Said]) -> tuple[Sequence[Said], Sequence[Said]]:
    """The instructions, and what was said after them; where that is nothing, the instructions are what was said."""
    count = next((at for at, said in enumerate(conversation) if said.role != "system"), 0)
    return conversation[:count], conversation[count:]


def _worded(said: Said) -> tuple[str, str]:
    if said.role == "tool":
        return "user", f"{_RESULT_OPEN}\n{said.text}\n{_RESULT_CLOSE}"
    role = "user" if said.role == "system" else said.role
    return role, "\n".join([*([said.text] if said.text or not said.calls else []), *map(_call, said.calls)])


def _joined(before: str, text: str, role: str) -> str:
    if not before or not text:
        return before + text
    is_next_result = before.endswith(_RESULT_CLOSE) and text.startswith(_RESULT_OPEN)
    return f"{before}\n{text}" if role == "assistant" or is_next_result else f"{before}\n\n{text}"


def _call(call: Call) -> str:
    return f"{NAME_COMES}{json.dumps(call.name)}{ARGUMENTS_COME}{call.arguments or '{}'}{CALL_ENDS}"


def _described(tool: Tool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    return told | {"parameters": arguments_schema(tool)}

"""Conversations that programs send, rendered by a real `llama-server` under templates as strict as any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.api.anthropic.asked import messages_asked
from assistant.api.anthropic.wire import MessagesRequest
from assistant.api.openai.asked import chat_asked
from assistant.api.openai.responses_asked import responses_asked
from assistant.api.openai.responses_wire import ResponsesRequest
from assistant.api.openai.wire import ChatRequest
from assistant.generation.events import Ended
from assistant.generation.plain import prompt_of, written
from assistant.generation.request import Generation
from assistant.generation.whole import collected
from tests.engine.real_server import client_of, serving, token_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

STRICT = """
{%- if messages[0]['role'] == 'system' -%}
  [SYSTEM]{{ messages[0]['content'] }}
  {%- set loop_messages = messages[1:] -%}
{%- else -%}
  {%- set loop_messages = messages -%}
{%- endif -%}
{%- if not loop_messages -%}{{ raise_exception('Nobody asked anything') }}{%- endif -%}
{%- for message in loop_messages -%}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
    {{ raise_exception('Roles must alternate user/assistant/user/assistant') }}
  {%- endif -%}
  {%- if message['role'] == 'user' -%}[USER]{{ message['content'] }}
  {%- elif message['role'] == 'assistant' -%}[ASSISTANT]{{ message['content'] }}</s>
  {%- else -%}{{ raise_exception('Only user and assistant roles are known') }}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}[ASSISTANT]{%- endif -%}
"""
"""As Mistral's and Gemma's demand it: a system's words first if at all, then user and assistant by turns."""

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CALLED = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}


def chat(*messages: dict[str, object]) -> Generation:
    return chat_asked(ChatRequest.model_validate({"model": "tiny", "messages": messages}))


def responses(*items: dict[str, object]) -> Generation:
    return responses_asked(ResponsesRequest.model_validate({"model": "tiny", "input": items}), items)


def anthropic(*messages: dict[str, object]) -> Generation:
    return messages_asked(MessagesRequest.model_validate({"model": "tiny", "messages": messages, "max_tokens": 9}))


def call_item(number: int) -> dict[str, object]:
    return {"type": "function_call", "call_id": f"c{number}", "name": "weather", "arguments": '{"city": "Rome"}'}


CONVERSATIONS = {
    "the user twice": chat({"role": "user", "content": "A letter."}, {"role": "user", "content": "Translate it."}),
    "the system later": chat(
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "developer", "content": "Answer in French."},
        {"role": "user", "content": "Who are you?"},
    ),
    "the system last": chat({"role": "user", "content": "Hello?"}, {"role": "system", "content": "Be brief."}),
    "the system alone": chat({"role": "system", "content": "Greet everybody."}),
    "the assistant first": chat({"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Who is it?"}),
    "a call, two results and a word": chat(
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Let me look.", "tool_calls": [CALLED, {**CALLED, "id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "18"},
        {"role": "tool", "tool_call_id": "c2", "content": "19"},
        {"role": "user", "content": "In Fahrenheit."},
    ),
    "a result and words in one turn": anthropic(
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Rome"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "18"},
                {"type": "text", "text": "In Fahrenheit."},
            ],
        },
    ),
    "words and parallel calls as items": responses(
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Let me look."},
        call_item(1),
        call_item(2),
        {"type": "function_call_output", "call_id": "c1", "output": "18"},
        {"type": "function_call_output", "call_id": "c2", "output": "19"},
    ),
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Path]:
    with serving(STRICT) as socket:
        yield socket


@pytest.mark.parametrize("conversation", list(CONVERSATIONS))
async def test_a_template_that_wants_turns_takes_every_conversation_whole(strict: Path, conversation: str) -> None:
    generation = CONVERSATIONS[conversation]

    async with client_of(strict) as engine:
        prompt = await prompt_of(engine, generation)

    for said in generation.said:
        assert said.text in str(prompt)
    assert str(prompt).endswith("[ASSISTANT]")


@pytest.mark.parametrize("leaning", ["<", "{"])
async def test_with_tools_and_a_form_the_model_chooses_which_of_them_it_writes(strict: Path, leaning: str) -> None:
    form = {"type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]}
    tool = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
    async with client_of(strict) as engine:
        liked = await token_of(engine, leaning)
        asked: dict[str, object] = {
            "messages": [{"role": "user", "content": "How warm is Rome?"}],
            "tools": [tool],
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": form}},
            "logit_bias": {str(liked): 20.0},
            "max_tokens": 60,
        }

        whole = await collected(written(engine, chat_asked(ChatRequest.model_validate({"model": "tiny", **asked}))))

    assert bool(whole.calls) == (leaning == "<")
    if not whole.calls:
        assert set(json.loads(whole.text)) == {"degrees"}


async def test_such_a_conversation_is_answered_in_one_step_too(strict: Path) -> None:
    async with client_of(strict) as engine:
        told = [one async for one in written(engine, CONVERSATIONS["the user twice"])]

    assert isinstance(told[-1], Ended)

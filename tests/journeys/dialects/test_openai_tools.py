"""The official OpenAI SDK, unmodified: tools that are called, and answers that keep to a form."""

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel, Field

from tests.journeys.dialects.conftest import CHAT_MODEL
from tests.journeys.dialects.openai_words import TOOLS, Weather

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("required", {"get_weather", "get_news"}),
        ({"type": "function", "function": {"name": "get_news"}}, {"get_news"}),
    ],
)
def test_a_tool_that_has_to_be_called_is_called_with_arguments_of_its_form(
    sdk: Any, choice: Any, names: set[str]
) -> None:
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    answer = sdk.chat.completions.create(
        model=CHAT_MODEL, messages=asked, tools=TOOLS, tool_choice=choice, max_tokens=60, temperature=0
    )

    assert answer.choices[0].finish_reason == "tool_calls"
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name in names
    assert json.loads(call.function.arguments)["city"] in {"Paris", "Rome"}


@pytest.mark.parametrize("mode", ["required", "auto"])
def test_only_the_tools_that_are_allowed_are_called(sdk: Any, mode: Any) -> None:
    chat: Any = {"type": "function", "function": {"name": TOOLS[1]["function"]["name"]}}
    named: Any = {"type": "function", "name": TOOLS[1]["function"]["name"]}
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    told = sdk.chat.completions.create(
        model=CHAT_MODEL,
        messages=asked,
        tools=TOOLS,
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [chat]}},
        max_tokens=60,
    )
    response = sdk.responses.create(
        model=CHAT_MODEL,
        input=asked,
        tools=[{"type": "function", **tool["function"]} for tool in TOOLS],
        tool_choice={"type": "allowed_tools", "mode": mode, "tools": [named]},
        max_output_tokens=60,
    )

    calls = [call.function.name for call in told.choices[0].message.tool_calls or ()]
    calls += [item.name for item in response.output if item.type == "function_call"]
    assert set(calls) <= {named["name"]}
    assert len(calls) == 2 or mode == "auto"


def test_a_streamed_call_comes_in_pieces_that_make_json(sdk: Any) -> None:
    chunks = list(
        sdk.chat.completions.create(
            model=CHAT_MODEL,
            messages=[{"role": "user", "content": "How is the weather in Paris?"}],
            tools=TOOLS,
            tool_choice="required",
            parallel_tool_calls=False,
            max_tokens=60,
            stream=True,
        )
    )

    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert deltas[0].id
    assert deltas[0].function
    assert deltas[0].function.name in {"get_weather", "get_news"}
    arguments = "".join(call.function.arguments or "" for call in deltas if call.function)
    assert json.loads(arguments)["city"] in {"Paris", "Rome"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_a_model_that_may_answer_in_words_does_and_goes_on_after_a_result(sdk: Any, choice: Any) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    asked: Any = [
        {"role": "user", "content": "How is the weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "18 degrees and sunny"},
    ]

    answer = sdk.chat.completions.create(
        model=CHAT_MODEL, messages=asked, tools=TOOLS, tool_choice=choice, max_tokens=30, temperature=0
    )

    assert answer.choices[0].message.content or answer.choices[0].message.tool_calls
    if choice == "none":
        assert not answer.choices[0].message.tool_calls


def test_an_answer_keeps_to_a_json_schema(sdk: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "degrees": {"type": "integer", "maximum": 99}},
        "required": ["city", "degrees"],
        "additionalProperties": False,
    }

    answer = sdk.chat.completions.create(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "It is 18 degrees in Paris. Say it as JSON."}],
        response_format={"type": "json_schema", "json_schema": {"name": "weather", "schema": schema, "strict": True}},
        max_tokens=80,
        temperature=0,
    )

    Weather.model_validate_json(answer.choices[0].message.content or "")


def test_the_sdks_own_parsing_of_a_form_works(sdk: Any) -> None:
    answer = sdk.chat.completions.parse(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "It is 18 degrees in Paris. Say it as JSON."}],
        response_format=Weather,
        max_tokens=200,
        temperature=0,
    )

    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_any_json_object_is_one(sdk: Any) -> None:
    answer = sdk.chat.completions.create(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": 'Repeat this JSON: {"a": 1}'}],
        response_format={"type": "json_object"},
        max_tokens=120,
        temperature=0,
    )

    content = answer.choices[0].message.content or ""
    assert content.lstrip().startswith("{")
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(content), dict)


class Reading(BaseModel):
    when: str = Field(pattern=r"^\d\d:\d\d$")
    degrees: int = Field(ge=-30, le=45)


class Share(BaseModel):
    share: float = Field(ge=0, le=1)


def test_a_strict_form_is_kept_in_all_it_says_or_refused(sdk: Any) -> None:
    asked: Any = [{"role": "user", "content": "Make up a reading as JSON."}]

    answer = sdk.chat.completions.parse(
        model=CHAT_MODEL, messages=asked, response_format=Reading, max_tokens=200, temperature=0
    )
    with pytest.raises(openai.BadRequestError, match="`maximum` of numbers with decimals"):
        sdk.chat.completions.parse(model=CHAT_MODEL, messages=asked, response_format=Share, max_tokens=200)

    reading = answer.choices[0].message.parsed
    assert isinstance(reading, Reading)
    assert -30 <= reading.degrees <= 45

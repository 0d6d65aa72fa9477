"""JSON that no text can be made of: half characters and numbers that are none, wherever a program may put them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.api.arguments import arguments_told
from tests.assistant.api.box import LOCAL_KEY, Box
from tests.assistant.api.test_dialects import ASKED

Json = dict[str, Any]
HALF = st.text(st.sampled_from("a\ud800\udfffé\x00🙂"), max_size=3)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HALF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HALF, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(HALF | st.sampled_from(["properties", "type", "enum", "required"]), VALUES, max_size=4)


def called(value: Any) -> list[Json]:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps(value)}}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "user", "content": "Go on."}]


def used(value: Any) -> list[Json]:
    block = {"type": "tool_use", "id": "c1", "name": "f", "input": value}
    return [{"role": "assistant", "content": [block]}, {"role": "user", "content": "Go on."}]


def function(value: Any) -> list[Json]:
    return [{"type": "function", "function": {"name": "f", "parameters": value}}]


PLACES: dict[str, tuple[str, Callable[[Any], Json]]] = {
    "openai tools": ("openai", lambda value: {"tools": function(value)}),
    "openai call": ("openai", lambda value: {"messages": called(value)}),
    "openai form": ("openai", lambda value: {"response_format": {"type": "json_schema", "json_schema": value}}),
    "openai schema": (
        "openai",
        lambda value: {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": value}}},
    ),
    "openai bias": ("openai", lambda value: {"logit_bias": value}),
    "openai unknown": ("openai", lambda value: {"metadata": value, "functions": [value], "audio": value}),
    "completions bias": ("completions", lambda value: {"logit_bias": value, "user": value}),
    "responses metadata": ("responses", lambda value: {"metadata": value}),
    "responses tools": (
        "responses",
        lambda value: {"tools": [{"type": "function", "name": "f", "parameters": value}]},
    ),
    "responses form": (
        "responses",
        lambda value: {"text": {"format": {"type": "json_schema", "name": "n", "schema": value}}},
    ),
    "responses prompt": ("responses", lambda value: {"prompt": value, "conversation": value}),
    "anthropic tools": ("anthropic", lambda value: {"tools": [{"name": "f", "input_schema": value}]}),
    "anthropic call": ("anthropic", lambda value: {"messages": used(value)}),
    "anthropic form": (
        "anthropic",
        lambda value: {"output_config": {"format": {"type": "json_schema", "schema": value}}},
    ),
    "anthropic unknown": ("anthropic", lambda value: {"metadata": value, "container": value}),
    "ollama tools": ("ollama", lambda value: {"tools": function(value)}),
    "ollama form": ("ollama", lambda value: {"format": value}),
    "ollama options": ("ollama", lambda value: {"options": value}),
    "ollama call": (
        "ollama",
        lambda value: {
            "messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": value}}]}]
        },
    ),
}


@pytest.mark.parametrize("place", list(PLACES))
def test_what_cannot_be_told_again_is_refused_at_the_door(box: Box, place: str) -> None:
    dialect, placed = PLACES[place]
    path, body = ASKED[dialect]

    async def ask(value: Json) -> httpx.Response:
        content = json.dumps({"model": "tiny", **body, **placed(value)}).encode("ascii")
        async with box.caller(LOCAL_KEY) as caller:
            return await caller.post(path, content=content, headers={"Content-Type": "application/json"})

    with asyncio.Runner() as runner:

        @given(value=OBJECTS)
        @example(value={"a": "\ud800"})
        @example(value={"\ud800": 1})
        @example(value={"a": [float("nan")]})
        @settings(
            max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        def one(value: Json) -> None:
            answer = runner.run(ask(value))

            assert answer.status_code < 500, (answer.status_code, value)
            assert answer.text.encode()

        one()


@pytest.mark.parametrize(
    ("dialect", "more"),
    [
        *((dialect, {"model": "tiny\ud800"}) for dialect in ASKED),
        ("openai", {"messages": [{"role": "user", "content": "a\udfff"}]}),
        ("openai", {"tools": [{"type": "function", "function": {"name": "f", "description": "\ud800"}}]}),
        ("completions", {"prompt": ["a", "\ud800"]}),
        ("responses", {"instructions": "\ud800"}),
        ("responses", {"tools": [{"type": "function", "name": "f", "description": "\ud800"}]}),
        ("anthropic", {"system": "\ud800"}),
        ("ollama", {"options": {"stop": "\ud800"}}),
    ],
)
async def test_a_text_with_half_a_character_is_refused(box: Box, dialect: str, more: Json) -> None:
    path, body = ASKED[dialect]
    content = json.dumps({"model": "tiny", **body, **more}).encode("ascii")

    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post(path, content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert "half a character" in answer.text or "valid string" in answer.text


async def test_half_a_character_is_refused_in_words(box: Box) -> None:
    tool = {"type": "function", "name": "f", "parameters": {"enum": ["\ud800"]}}
    content = json.dumps({"model": "tiny", **ASKED["responses"][1], "tools": [tool]}).encode("ascii")

    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/v1/responses", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert "half a character" in answer.json()["error"]["message"]
    assert box.texts.asked == []


@given(value=VALUES)
def test_arguments_that_a_model_wrote_can_be_told_whatever_they_hold(value: Any) -> None:
    told = arguments_told(json.dumps(value))

    assert json.dumps(told, ensure_ascii=False, allow_nan=False).encode()


def test_arguments_come_as_the_model_wrote_them_or_as_text_where_they_are_no_whole_json() -> None:
    assert arguments_told('{"city": "Zürich"}') == {"city": "Zürich"}
    assert arguments_told('{"city": "\\ud83d"}') == {"city": "?"}
    assert arguments_told('{"many": 1e999}') == {"incomplete": '{"many": 1e999}'}
    assert arguments_told('{"city": "Zür') == {"incomplete": '{"city": "Zür'}

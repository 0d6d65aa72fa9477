"""A field that does not fit is named as the program named it, in every dialect, and nothing of ours shows through."""

from typing import Any

import pytest

from tests.assistant.api.box import LOCAL_KEY, Box
from tests.assistant.api.test_dialects import ASKED, ask


@pytest.mark.parametrize(
    ("dialect", "more", "param", "message"),
    [
        ("openai", {"stop": 5}, "stop", "stop: Input should be a valid string, or a valid list."),
        ("openai", {"stop": ["a", 5]}, "stop[1]", "stop.1: Input should be a valid string."),
        ("openai", {"temperature": 3}, "temperature", "temperature: Input should be less than or equal to 2."),
        ("openai", {"tool_choice": "foo"}, "tool_choice", "tool_choice: Input should be 'none', 'auto' or 'required'"),
        ("openai", {"messages": [{"role": "robot"}]}, "messages[0].role", "messages.0.role: Input should be 'system'"),
        (
            "openai",
            {"messages": [{"role": "user", "content": [{"type": "text"}, {}]}]},
            "messages[0].content[1].type",
            "messages.0.content.1.type: Field required.",
        ),
        ("openai", {"logit_bias": {"abc": 1}}, "logit_bias.abc", "logit_bias.abc: String should match"),
        ("completions", {"prompt": None}, "prompt", "prompt: Input should be a valid string, or a valid list."),
        ("responses", {"input": 5}, "input", "input: Input should be a valid string, or a valid list."),
        ("responses", {"input": [{"role": "user", "content": 5}]}, "input[0].content", "input.0.content: Input should"),
    ],
)
async def test_a_field_is_named_by_its_place(
    box: Box, dialect: str, more: dict[str, Any], param: str, message: str
) -> None:
    refused = await ask(box, dialect, **more)

    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param)
    assert f"The request does not fit. {message}" in error["message"]


@pytest.mark.parametrize(
    ("dialect", "more", "message"),
    [
        (
            "anthropic",
            {"messages": [{"role": "user", "content": 5}]},
            "messages.0.content: Input should be a valid string, or",
        ),
        ("anthropic", {"system": [{"type": "image"}]}, "system.0.type: Input should be 'text'; system.0.text: Field"),
        ("ollama", {"format": "yaml"}, "format: Input should be '' or 'json', or an object."),
        ("ollama", {"options": {"stop": 5}}, "options.stop: Input should be a valid string, or a valid list."),
    ],
)
async def test_the_other_dialects_name_it_in_their_sentence(
    box: Box, dialect: str, more: dict[str, Any], message: str
) -> None:
    refused = await ask(box, dialect, **more)

    assert refused.status_code == 400
    assert f"The request does not fit. {message}" in refused.text


async def test_many_wrong_items_are_counted_and_names_are_told_as_far_as_they_can_be(box: Box) -> None:
    many = await ask(box, "completions", prompt="Hello", stop=[5] * 12)
    content = b'{"model": "tiny", "input": "Hi", "metadata": {"\\ud800' + b"x" * 500 + b'": 5}}'
    async with box.caller(LOCAL_KEY) as caller:
        odd = await caller.post("/v1/responses", content=content)

    assert "stop.7: Input should be a valid string; and 4 more." in many.json()["error"]["message"]
    assert odd.status_code == 400
    assert len(odd.json()["error"]["param"]) < 200


@pytest.mark.parametrize("dialect", list(ASKED))
async def test_a_body_that_is_no_json_is_said_so(box: Box, dialect: str) -> None:
    path, _ = ASKED[dialect]
    async with box.caller(LOCAL_KEY) as caller:
        refused = await caller.post(path, content=b"{bad", headers={"Content-Type": "application/json"})

    assert refused.status_code == 400
    assert "The body of this request is no JSON" in refused.text
    assert '"param":null' in refused.text or dialect in {"anthropic", "ollama"}


async def test_a_wrong_query_is_named_without_where_it_stood(box: Box) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        refused = await caller.get("/v1/models", params={"limit": 0})

    assert refused.json()["error"]["param"] == "limit"


@pytest.mark.parametrize(
    ("dialect", "more", "message"),
    [
        (
            "openai",
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "A part of the kind “text” needs its `text`.",
        ),
        (
            "responses",
            {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
            "A part of the kind “input_text” needs its `text`.",
        ),
        (
            "anthropic",
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "A block of the kind “text” does not fit: it needs `text`.",
        ),
        (
            "anthropic",
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "18 degrees"}]}]},
            "A block of the kind “tool_result” does not fit: it needs `tool_use_id`.",
        ),
    ],
)
async def test_a_part_that_lacks_its_words_is_not_taken_for_a_picture(
    box: Box, dialect: str, more: dict[str, Any], message: str
) -> None:
    refused = await ask(box, dialect, **more)

    assert refused.status_code == 400
    assert message in refused.text

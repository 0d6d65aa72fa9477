"""Requests as an engine of another make is asked them, and its events as our own happenings; the engine is faked."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import pytest

from assistant.engine.sampling import Sampling
from assistant.generation.errors import UnfitRequestError
from assistant.generation.events import Begun, CallArguments, CallBegun, Ended, Happening, Text
from assistant.generation.foreign import chat_asked, text_asked, written
from assistant.generation.request import Call, Generation, Said, Tool


class FakeWire:
    """Says what it was told to say."""

    def __init__(self, *events: Mapping[str, Any]) -> None:
        self.events: Sequence[Mapping[str, Any]] = events

    async def chat(self, _body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        for event in self.events:
            yield dict(event)

    text = chat


def delta(**told: Any) -> dict[str, Any]:
    return {"choices": [{"delta": told, "finish_reason": None}]}


def finish(reason: str) -> dict[str, Any]:
    return {"choices": [{"delta": {}, "finish_reason": reason}]}


async def told(*events: Mapping[str, Any], **given: Any) -> list[Happening]:
    generation = Generation(model="big", said=(Said(role="user", text="Hello?"),), **given)
    return [one async for one in written(FakeWire(*events), generation)]  # type: ignore[arg-type]


async def test_words_begin_once_and_end_with_the_engines_own_count() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7}}

    happenings = await told(delta(role="assistant", content=""), delta(content="It is "), delta(content="blue."), usage)

    assert [type(one) for one in happenings] == [Begun, Text, Text, Ended]
    last = happenings[-1]
    assert isinstance(last, Ended)
    assert (last.usage.prompt, last.usage.completion) == (9, 7)


async def test_an_engine_that_counts_nothing_has_its_pieces_counted() -> None:
    last = (await told(delta(content="a"), delta(content="b"), finish("length")))[-1]

    assert isinstance(last, Ended)
    assert (last.reason, last.usage.completion) == ("length", 2)


async def test_an_answer_without_words_begins_and_ends_all_the_same() -> None:
    assert [type(one) for one in await told(finish("stop"))] == [Begun, Ended]


async def test_calls_come_whole_whether_in_pieces_or_at_once() -> None:
    first = {"index": 0, "id": "call_1", "function": {"name": "lamp", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"on": true}'}}
    second = {"index": 1, "id": "call_2", "function": {"name": "door", "arguments": "{}"}}

    happenings = await told(
        delta(tool_calls=[first]), delta(tool_calls=[more]), delta(tool_calls=[second]), finish("tool_calls")
    )

    assert [one.name for one in happenings if isinstance(one, CallBegun)] == ["lamp", "door"]
    assert [(one.index, one.text) for one in happenings if isinstance(one, CallArguments)] == [
        (0, '{"on": true}'),
        (1, "{}"),
    ]
    assert isinstance(happenings[-1], Ended)
    assert happenings[-1].reason == "calls"


async def test_what_a_model_thinks_aloud_is_no_part_of_its_answer() -> None:
    happenings = await told(delta(reasoning_content="Let me see…"), delta(content="Blue."), finish("stop"))

    assert [one.text for one in happenings if isinstance(one, Text)] == ["Blue."]


def test_a_conversation_with_calls_tools_and_a_form_is_asked_in_the_official_form() -> None:
    generation = Generation(
        model="big",
        said=(
            Said(role="system", text="Be short."),
            Said(role="assistant", text="", calls=(Call(id="c1", name="lamp", arguments='{"on": true}'),)),
            Said(role="tool", text="done", call_id="c1"),
        ),
        tools=(Tool(name="lamp", description="A lamp."),),
        tool_choice="required",
        several_calls=False,
        schema={"type": "object"},
        sampling=Sampling(temperature=0.5, stop=("END",), logit_bias=((7, -1.0),), top_k=20),
        max_tokens=30,
        logprobs=2,
    )

    body = chat_asked(generation)

    assert body["messages"][1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "lamp", "arguments": '{"on": true}'}}],
    }
    assert body["messages"][2] == {"role": "tool", "tool_call_id": "c1", "content": "done"}
    assert body["tools"][0]["function"]["name"] == "lamp"
    assert (body["tool_choice"], body["parallel_tool_calls"], body["max_tokens"]) == ("required", False, 30)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert (body["temperature"], body["stop"], body["top_k"]) == (0.5, ["END"], 20)
    assert body["logit_bias"] == {"7": -1.0}
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)


def test_what_such_engines_do_not_know_is_refused_and_not_left_out() -> None:
    with pytest.raises(UnfitRequestError, match="beginning of an answer"):
        chat_asked(Generation(model="big", prefill="The answer is"))
    with pytest.raises(UnfitRequestError, match="Send the text"):
        text_asked(Generation(model="big", prompt=(1, 2, 3)))
    with pytest.raises(UnfitRequestError, match="probabilities"):
        text_asked(Generation(model="big", prompt="Once", logprobs=1))
    assert text_asked(Generation(model="big", prompt="Once", max_tokens=5)) == {"prompt": "Once", "max_tokens": 5}

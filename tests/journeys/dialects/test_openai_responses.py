"""The official OpenAI SDK, unmodified: responses, which may go on from one another."""

import json
from typing import Any

import openai
import pytest

from tests.journeys.dialects.conftest import CHAT_MODEL, QUESTION, TOO_LONG
from tests.journeys.dialects.openai_words import CITY, Weather

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def test_a_response_is_given_whole_and_in_events_alike(sdk: Any) -> None:
    wish: dict[str, Any] = {
        "model": CHAT_MODEL,
        "input": "Say hello.",
        "instructions": "You are brief.",
        "max_output_tokens": 10,
        "temperature": 0,
    }

    whole = sdk.responses.create(**wish)
    events = list(sdk.responses.create(**wish, stream=True))
    with sdk.responses.stream(**wish) as stream:
        final = list(stream)[-1]

    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-1] in {"response.completed", "response.incomplete"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    told = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert told == whole.output_text != ""
    assert final.type == kinds[-1]
    assert whole.usage
    assert 0 < whole.usage.output_tokens <= 10


def test_a_response_calls_a_tool_and_goes_on_with_its_result(sdk: Any) -> None:
    tools: Any = [{"type": "function", "name": "get_weather", "description": "Weather", "parameters": CITY}]
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Paris?"}]

    first = sdk.responses.create(
        model=CHAT_MODEL, input=asked, tools=tools, tool_choice="required", max_output_tokens=60
    )
    (call,) = [item for item in first.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}
    second = sdk.responses.create(model=CHAT_MODEL, input=[*asked, *first.output, result], max_output_tokens=20)
    events = list(
        sdk.responses.create(
            model=CHAT_MODEL, input=asked, tools=tools, tool_choice="required", max_output_tokens=60, stream=True
        )
    )

    assert json.loads(call.arguments)["city"] in {"Paris", "Rome"}
    assert second.output_text
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert json.loads(done[0].arguments)["city"] in {"Paris", "Rome"}


def test_a_response_keeps_to_a_form(sdk: Any) -> None:
    parsed = sdk.responses.parse(
        model=CHAT_MODEL,
        input="It is 18 degrees in Paris. Say it as JSON.",
        text_format=Weather,
        max_output_tokens=200,
        temperature=0,
    )

    assert isinstance(parsed.output_parsed, Weather)


def test_a_response_goes_on_from_one_that_is_kept(sdk: Any) -> None:
    first = sdk.responses.create(model=CHAT_MODEL, input="Say hello.", max_output_tokens=8)
    second = sdk.responses.create(
        model=CHAT_MODEL, input="And again.", previous_response_id=first.id, max_output_tokens=8
    )
    reference: Any = {"type": "item_reference", "id": first.output[0].id}
    third = sdk.responses.create(
        model=CHAT_MODEL, input=[reference, {"role": "user", "content": "Go on."}], max_output_tokens=8
    )

    counted = sdk.responses.input_tokens.count(model=CHAT_MODEL, input="And again.", previous_response_id=first.id)
    with pytest.raises(openai.BadRequestError, match="has ended"):
        sdk.responses.cancel(first.id)

    assert second.usage
    assert counted.input_tokens == second.usage.input_tokens
    assert second.previous_response_id == first.id
    assert third.output_text
    assert sdk.responses.retrieve(second.id).output_text == second.output_text
    assert len(list(sdk.responses.input_items.list(second.id))) == 3
    sdk.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError, match="kept for a day"):
        sdk.responses.retrieve(second.id)


def test_no_response_is_made_up_and_none_is_cut(sdk: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="kept for a day"):
        sdk.responses.retrieve("resp_1")
    with pytest.raises(openai.BadRequestError, match="kept for a day"):
        sdk.responses.create(model=CHAT_MODEL, input="And?", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match=r"90\d\d tokens long"):
        sdk.responses.create(model=CHAT_MODEL, input=TOO_LONG)
    with pytest.raises(openai.BadRequestError, match="never cuts"):
        sdk.responses.create(model=CHAT_MODEL, input="Hello", truncation="auto")


def test_hearth_responds_from_the_files_with_annotations(sdk: Any) -> None:
    whole = sdk.responses.create(model="hearth", input=QUESTION)
    events = list(sdk.responses.create(model="hearth", input=QUESTION, stream=True))

    (message,) = [item for item in whole.output if item.type == "message"]
    (part,) = [part for part in message.content if part.type == "output_text"]
    assert "1.5 bar" in part.text
    assert part.annotations[0].type == "file_citation"
    assert part.annotations[0].filename == "Boiler manual.pdf"
    assert "response.output_text.annotation.added" in [event.type for event in events]

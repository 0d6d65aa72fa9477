"""The official OpenAI SDK, unmodified, against the real product."""

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel, Field

from tests.journeys.dialects.conftest import CHAT_MODEL, EMBEDDING_MODEL, QUESTION, TOO_LONG, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

HELLO: Any = [{"role": "user", "content": "Say hello."}]
CITY = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}}, "required": ["city"]}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": about, "parameters": CITY}}
    for name, about in (("get_weather", "The weather of a city"), ("get_news", "The news of a city"))
]


def trusting(house: House) -> Any:
    return openai.DefaultHttpxClient(verify=house.trust())


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Any]:
    with openai.OpenAI(
        base_url=f"{house.url}/v1", api_key=house.key, http_client=trusting(house), max_retries=0
    ) as made:
        yield made


def test_the_models_are_listed_and_told_one_by_one(client: Any) -> None:
    names = [model.id for model in client.models.list()]

    assert names == ["hearth", CHAT_MODEL, EMBEDDING_MODEL]
    assert client.models.retrieve(CHAT_MODEL).owned_by == "hearth"
    with pytest.raises(openai.NotFoundError, match="There are: hearth"):
        client.models.retrieve("gpt-9")


def test_a_chat_is_answered_with_its_usage(client: Any) -> None:
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=8, temperature=0)

    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in {"stop", "length"}
    assert answer.usage
    assert 0 < answer.usage.completion_tokens <= 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_streamed_chat_comes_to_the_same_and_ends_with_its_usage(client: Any) -> None:
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": HELLO, "max_tokens": 12, "temperature": 0, "seed": 7}

    whole = client.chat.completions.create(**wish)
    chunks = list(client.chat.completions.create(**wish, stream=True, stream_options={"include_usage": True}))

    told = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert told == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert whole.usage
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_a_conversation_is_the_same_whether_it_is_rendered_first_or_on_the_way(client: Any) -> None:
    """Where a stop sequence is asked for it is rendered first; that the sequence never comes must change nothing."""
    turns: Any = [
        {"role": "system", "content": "You are brief.  "},
        *HELLO,
        {"role": "assistant", "content": "Hello <there>!\n"},
        {"role": "user", "content": "\nAgain, please — “twice”."},
    ]
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": turns, "max_tokens": 12, "temperature": 0}

    on_the_way = client.chat.completions.create(**wish)
    first = client.chat.completions.create(**wish, stop=["\u2042 never"])

    assert on_the_way.choices[0].message.content == first.choices[0].message.content
    assert on_the_way.choices[0].finish_reason == first.choices[0].finish_reason
    assert on_the_way.usage.prompt_tokens == first.usage.prompt_tokens
    assert on_the_way.usage.completion_tokens == first.usage.completion_tokens


def test_several_answers_come_with_their_own_numbers(client: Any) -> None:
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=4, n=3)

    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_a_stop_word_ends_the_answer_and_is_not_told(client: Any) -> None:
    asked: Any = [{"role": "user", "content": "Write: a, b, c, d"}]
    free = client.chat.completions.create(model=CHAT_MODEL, messages=asked, max_tokens=20, temperature=0)
    words = (free.choices[0].message.content or "").split()

    held = client.chat.completions.create(
        model=CHAT_MODEL, messages=asked, max_tokens=20, temperature=0, stop=[words[1]]
    )

    assert held.choices[0].finish_reason == "stop"
    assert words[1] not in (held.choices[0].message.content or "")


def test_probabilities_are_told_where_they_are_asked_for(client: Any) -> None:
    answer = client.chat.completions.create(
        model=CHAT_MODEL, messages=HELLO, max_tokens=3, temperature=0, logprobs=True, top_logprobs=2
    )

    assert answer.choices[0].logprobs
    chances = answer.choices[0].logprobs.content
    assert chances
    assert len(chances) == 3
    assert all(chance.logprob <= 0 and len(chance.top_logprobs) == 2 for chance in chances)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("required", {"get_weather", "get_news"}),
        ({"type": "function", "function": {"name": "get_news"}}, {"get_news"}),
    ],
)
def test_a_tool_that_has_to_be_called_is_called_with_arguments_of_its_form(
    client: Any, choice: Any, names: set[str]
) -> None:
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    answer = client.chat.completions.create(
        model=CHAT_MODEL, messages=asked, tools=TOOLS, tool_choice=choice, max_tokens=60, temperature=0
    )

    assert answer.choices[0].finish_reason == "tool_calls"
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name in names
    assert json.loads(call.function.arguments)["city"] in {"Paris", "Rome"}


@pytest.mark.parametrize("mode", ["required", "auto"])
def test_only_the_tools_that_are_allowed_are_called(client: Any, mode: Any) -> None:
    chat: Any = {"type": "function", "function": {"name": TOOLS[1]["function"]["name"]}}
    named: Any = {"type": "function", "name": TOOLS[1]["function"]["name"]}
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    told = client.chat.completions.create(
        model=CHAT_MODEL,
        messages=asked,
        tools=TOOLS,
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [chat]}},
        max_tokens=60,
    )
    response = client.responses.create(
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


def test_a_streamed_call_comes_in_pieces_that_make_json(client: Any) -> None:
    chunks = list(
        client.chat.completions.create(
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
def test_a_model_that_may_answer_in_words_does_and_goes_on_after_a_result(client: Any, choice: Any) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    asked: Any = [
        {"role": "user", "content": "How is the weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "18 degrees and sunny"},
    ]

    answer = client.chat.completions.create(
        model=CHAT_MODEL, messages=asked, tools=TOOLS, tool_choice=choice, max_tokens=30, temperature=0
    )

    assert answer.choices[0].message.content or answer.choices[0].message.tool_calls
    if choice == "none":
        assert not answer.choices[0].message.tool_calls


class Weather(BaseModel):
    city: str
    degrees: int


def test_an_answer_keeps_to_a_json_schema(client: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "degrees": {"type": "integer", "maximum": 99}},
        "required": ["city", "degrees"],
        "additionalProperties": False,
    }

    answer = client.chat.completions.create(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "It is 18 degrees in Paris. Say it as JSON."}],
        response_format={"type": "json_schema", "json_schema": {"name": "weather", "schema": schema, "strict": True}},
        max_tokens=80,
        temperature=0,
    )

    Weather.model_validate_json(answer.choices[0].message.content or "")


def test_the_sdks_own_parsing_of_a_form_works(client: Any) -> None:
    answer = client.chat.completions.parse(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "It is 18 degrees in Paris. Say it as JSON."}],
        response_format=Weather,
        max_tokens=200,
        temperature=0,
    )

    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_any_json_object_is_one(client: Any) -> None:
    answer = client.chat.completions.create(
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


def test_a_text_is_continued(client: Any) -> None:
    answer = client.completions.create(
        model=CHAT_MODEL, prompt=["One two three", "Red green"], max_tokens=4, temperature=0, echo=True
    )
    streamed = list(client.completions.create(model=CHAT_MODEL, prompt="One two", max_tokens=4, stream=True))

    assert [choice.text[:5] for choice in answer.choices] == ["One t", "Red g"]
    assert answer.usage
    assert answer.usage.completion_tokens <= 8
    assert "".join(chunk.choices[0].text for chunk in streamed)
    assert streamed[-1].choices[0].finish_reason in {"length", "stop"}


def test_embeddings_are_of_unit_length_and_the_same_in_both_encodings(client: Any) -> None:
    texts = ["the boiler is warm", "the heater is hot", "a bicycle"]

    floats = client.embeddings.create(model=EMBEDDING_MODEL, input=texts, encoding_format="float")
    packed = client.with_options(max_retries=0).post(
        "/embeddings",
        body={"model": EMBEDDING_MODEL, "input": texts, "encoding_format": "base64"},
        cast_to=dict[str, Any],
    )

    rows = [one.embedding for one in floats.data]
    assert all(len(row) == 384 and abs(sum(value**2 for value in row) - 1) < 1e-3 for row in rows)
    assert similarity(rows[0], rows[1]) > similarity(rows[0], rows[2])
    raw = base64.b64decode(packed["data"][0]["embedding"])
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(rows[0], abs=1e-5)
    assert floats.usage.prompt_tokens > 0


def similarity(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_text_too_long_to_embed_is_refused_with_the_numbers(client: Any) -> None:
    with pytest.raises(openai.BadRequestError, match=r"is 302 tokens long.*reads 256"):
        client.embeddings.create(model=EMBEDDING_MODEL, input=["short", "word " * 300])


def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers(client: Any) -> None:
    with pytest.raises(openai.BadRequestError, match=r"90\d\d tokens long.*room for \d+") as refused:
        client.chat.completions.create(model=CHAT_MODEL, messages=[{"role": "user", "content": TOO_LONG}], stream=True)

    assert refused.value.code == "context_length_exceeded"
    assert refused.value.type == "invalid_request_error"


def test_what_cannot_be_done_is_refused_and_not_ignored(client: Any) -> None:
    picture: Any = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    wishes: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": picture}]},
        {"messages": HELLO, "modalities": ["text", "audio"]},
        {"messages": HELLO, "tool_choice": "required"},
        {"messages": HELLO, "temperature": 3},
        {"messages": []},
    ]

    for wish in wishes:
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model=CHAT_MODEL, **wish)


def test_a_wrong_key_is_refused_as_the_sdk_expects(house: House) -> None:
    with (
        openai.OpenAI(base_url=f"{house.url}/v1", api_key="sk-hearth-wrong", http_client=trusting(house)) as stranger,
        pytest.raises(openai.AuthenticationError, match="does not know this key") as refused,
    ):
        stranger.models.list()

    assert refused.value.code == "invalid_api_key"
    assert (refused.value.request_id or "").startswith("req_")


def test_the_sdk_tells_a_request_s_number_and_which_field_does_not_fit(client: Any) -> None:
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=1)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stop=["a", 5])

    assert (answer._request_id or "").startswith("req_")
    assert refused.value.param == "stop[1]"


class Reading(BaseModel):
    when: str = Field(pattern=r"^\d\d:\d\d$")
    degrees: int = Field(ge=-30, le=45)


class Share(BaseModel):
    share: float = Field(ge=0, le=1)


def test_a_strict_form_is_kept_in_all_it_says_or_refused(client: Any) -> None:
    asked: Any = [{"role": "user", "content": "Make up a reading as JSON."}]

    answer = client.chat.completions.parse(
        model=CHAT_MODEL, messages=asked, response_format=Reading, max_tokens=200, temperature=0
    )
    with pytest.raises(openai.BadRequestError, match="`maximum` of numbers with decimals"):
        client.chat.completions.parse(model=CHAT_MODEL, messages=asked, response_format=Share, max_tokens=200)

    reading = answer.choices[0].message.parsed
    assert isinstance(reading, Reading)
    assert -30 <= reading.degrees <= 45


def test_hearth_answers_from_the_files_with_citations(client: Any) -> None:
    answer = client.chat.completions.create(model="hearth", messages=[{"role": "user", "content": QUESTION}])

    message = answer.choices[0].message
    assert "1.5 bar" in (message.content or "")
    assert "[1] Boiler manual.pdf, page 5" in (message.content or "")
    assert message.annotations
    assert message.annotations[0].url_citation.title == "Boiler manual.pdf, page 5"
    told = answer.model_dump()
    assert told["citations"][0]["file"] == "Boiler manual.pdf"
    assert told["hearth"]["found"] is True


def test_hearth_streams_and_says_when_the_files_hold_no_answer(client: Any) -> None:
    chunks = list(
        client.chat.completions.create(
            model="hearth", messages=[{"role": "user", "content": QUESTION}], stream=True, max_tokens=400
        )
    )
    nothing = client.chat.completions.create(
        model="hearth", messages=[{"role": "user", "content": "What is the orbital period of Neptune?"}]
    )

    assert "Sources:" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].model_dump()["citations"][0]["page"] == 5
    assert "Nothing in your files" in (nothing.choices[0].message.content or "")
    assert nothing.model_dump()["hearth"]["found"] is False


def test_hearth_takes_no_tools(client: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="takes no tools"):
        client.chat.completions.create(
            model="hearth", messages=[{"role": "user", "content": QUESTION}], tools=TOOLS, tool_choice="auto"
        )


def test_a_response_is_given_whole_and_in_events_alike(client: Any) -> None:
    wish: dict[str, Any] = {
        "model": CHAT_MODEL,
        "input": "Say hello.",
        "instructions": "You are brief.",
        "max_output_tokens": 10,
        "temperature": 0,
    }

    whole = client.responses.create(**wish)
    events = list(client.responses.create(**wish, stream=True))
    with client.responses.stream(**wish) as stream:
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


def test_a_response_calls_a_tool_and_goes_on_with_its_result(client: Any) -> None:
    tools: Any = [{"type": "function", "name": "get_weather", "description": "Weather", "parameters": CITY}]
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Paris?"}]

    first = client.responses.create(
        model=CHAT_MODEL, input=asked, tools=tools, tool_choice="required", max_output_tokens=60
    )
    (call,) = [item for item in first.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}
    second = client.responses.create(model=CHAT_MODEL, input=[*asked, *first.output, result], max_output_tokens=20)
    events = list(
        client.responses.create(
            model=CHAT_MODEL, input=asked, tools=tools, tool_choice="required", max_output_tokens=60, stream=True
        )
    )

    assert json.loads(call.arguments)["city"] in {"Paris", "Rome"}
    assert second.output_text
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert json.loads(done[0].arguments)["city"] in {"Paris", "Rome"}


def test_a_response_keeps_to_a_form(client: Any) -> None:
    parsed = client.responses.parse(
        model=CHAT_MODEL,
        input="It is 18 degrees in Paris. Say it as JSON.",
        text_format=Weather,
        max_output_tokens=200,
        temperature=0,
    )

    assert isinstance(parsed.output_parsed, Weather)


def test_a_response_goes_on_from_one_that_is_kept(client: Any) -> None:
    first = client.responses.create(model=CHAT_MODEL, input="Say hello.", max_output_tokens=8)
    second = client.responses.create(
        model=CHAT_MODEL, input="And again.", previous_response_id=first.id, max_output_tokens=8
    )
    reference: Any = {"type": "item_reference", "id": first.output[0].id}
    third = client.responses.create(
        model=CHAT_MODEL, input=[reference, {"role": "user", "content": "Go on."}], max_output_tokens=8
    )

    counted = client.responses.input_tokens.count(model=CHAT_MODEL, input="And again.", previous_response_id=first.id)
    with pytest.raises(openai.BadRequestError, match="has ended"):
        client.responses.cancel(first.id)

    assert second.usage
    assert counted.input_tokens == second.usage.input_tokens
    assert second.previous_response_id == first.id
    assert third.output_text
    assert client.responses.retrieve(second.id).output_text == second.output_text
    assert len(list(client.responses.input_items.list(second.id))) == 3
    client.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError, match="kept for a day"):
        client.responses.retrieve(second.id)


def test_no_response_is_made_up_and_none_is_cut(client: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="kept for a day"):
        client.responses.retrieve("resp_1")
    with pytest.raises(openai.BadRequestError, match="kept for a day"):
        client.responses.create(model=CHAT_MODEL, input="And?", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match=r"90\d\d tokens long"):
        client.responses.create(model=CHAT_MODEL, input=TOO_LONG)
    with pytest.raises(openai.BadRequestError, match="never cuts"):
        client.responses.create(model=CHAT_MODEL, input="Hello", truncation="auto")


def test_hearth_responds_from_the_files_with_annotations(client: Any) -> None:
    whole = client.responses.create(model="hearth", input=QUESTION)
    events = list(client.responses.create(model="hearth", input=QUESTION, stream=True))

    (message,) = [item for item in whole.output if item.type == "message"]
    (part,) = [part for part in message.content if part.type == "output_text"]
    assert "1.5 bar" in part.text
    assert part.annotations[0].type == "file_citation"
    assert part.annotations[0].filename == "Boiler manual.pdf"
    assert "response.output_text.annotation.added" in [event.type for event in events]

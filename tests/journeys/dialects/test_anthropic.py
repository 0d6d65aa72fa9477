"""The official Anthropic SDK, unmodified, against the real product."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.journeys.dialects.conftest import CHAT_MODEL, QUESTION, TOO_LONG, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

HELLO: Any = [{"role": "user", "content": "Say hello."}]
CALM: Any = {"extra_body": {"temperature": 0}}
"""Newer SDKs have no word for it; the API has."""
TOOLS: Any = [
    {
        "name": name,
        "description": about,
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}},
            "required": ["city"],
        },
    }
    for name, about in (("get_weather", "The weather of a city"), ("get_news", "The news of a city"))
]
LETTER = "The garden gate was painted green in May. The roof was repaired by Olsen in July. The cellar is dry."


def trusting(house: House) -> Any:
    return anthropic.DefaultHttpxClient(verify=house.trust())


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=house.url, api_key=house.key, http_client=trusting(house), max_retries=0) as made:
        yield made


def test_the_models_are_listed_in_its_own_form(client: Any) -> None:
    models = list(client.models.list(limit=1))

    assert [model.id for model in models][:2] == ["hearth", CHAT_MODEL]
    assert client.models.retrieve(CHAT_MODEL).type == "model"


def test_a_message_is_answered_with_its_usage(client: Any) -> None:
    answer = client.messages.create(model=CHAT_MODEL, messages=HELLO, max_tokens=8, system="You are brief.", **CALM)

    assert answer.content[0].type == "text"
    assert answer.content[0].text
    assert answer.stop_reason in {"end_turn", "max_tokens"}
    assert 0 < answer.usage.output_tokens <= 8


def test_a_stream_has_every_event_in_its_order_and_comes_to_the_same(client: Any) -> None:
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": HELLO, "max_tokens": 12, **CALM}

    whole = client.messages.create(**wish)
    events = list(client.messages.create(**wish, stream=True))
    with client.messages.stream(**wish) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()

    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert whole.content[0].type == "text"
    assert text == whole.content[0].text
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.usage.input_tokens == whole.usage.input_tokens > 0


def test_a_ping_comes_on_the_wire(house: House) -> None:
    body = {"model": CHAT_MODEL, "messages": HELLO, "max_tokens": 4, "stream": True}
    with house.http() as http:
        told = http.post(f"{house.url}/v1/messages", json=body, headers={"x-api-key": house.key}).text

    assert 'event: ping\ndata: {"type": "ping"}' in told


@pytest.mark.parametrize(
    ("choice", "names"),
    [({"type": "any"}, {"get_weather", "get_news"}), ({"type": "tool", "name": "get_news"}, {"get_news"})],
)
def test_a_tool_that_has_to_be_called_is_called(client: Any, choice: Any, names: set[str]) -> None:
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    answer = client.messages.create(
        model=CHAT_MODEL, messages=asked, max_tokens=60, tools=TOOLS, tool_choice=choice, **CALM
    )

    assert answer.stop_reason == "tool_use"
    (call,) = [block for block in answer.content if block.type == "tool_use"]
    assert call.name in names
    assert call.input["city"] in {"Paris", "Rome"}


def test_a_streamed_call_and_the_turn_after_its_result(client: Any) -> None:
    asked: list[Any] = [{"role": "user", "content": "How is the weather in Paris?"}]
    with client.messages.stream(
        model=CHAT_MODEL, messages=asked, max_tokens=60, tools=TOOLS, tool_choice={"type": "any"}
    ) as stream:
        answer = stream.get_final_message()
    (call,) = [block for block in answer.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "18 degrees"}]}

    after = client.messages.create(
        model=CHAT_MODEL,
        messages=[*asked, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}],
        max_tokens=20,
        tools=TOOLS,
    )

    assert call.input["city"] in {"Paris", "Rome"}
    assert after.content


def test_an_answer_that_was_begun_is_gone_on_with(client: Any) -> None:
    answer = client.messages.create(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "Count."}, {"role": "assistant", "content": "1, 2, 3,"}],
        max_tokens=6,
        **CALM,
    )

    assert answer.content[0].type == "text"
    assert "4" in answer.content[0].text


def test_a_stop_sequence_is_named(client: Any) -> None:
    answer = client.messages.create(
        model=CHAT_MODEL,
        messages=[{"role": "user", "content": "Count."}, {"role": "assistant", "content": "1, 2, 3,"}],
        max_tokens=20,
        **CALM,
        stop_sequences=["5"],
    )

    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "5")


def citations_of(client: Any, source: dict[str, Any]) -> list[list[Any]]:
    """What is cited in an answer about this document, as a whole and as a stream."""
    asked: Any = [
        {
            "role": "user",
            "content": [
                {"type": "document", "source": source, "title": "Letter", "citations": {"enabled": True}},
                {"type": "text", "text": "Who repaired the roof, and when?"},
            ],
        },
        {"role": "assistant", "content": "The roof was repaired by"},
    ]
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": asked, "max_tokens": 60, "stop_sequences": [","], **CALM}
    whole = client.messages.create(**wish)
    with client.messages.stream(**wish) as stream:
        final = stream.get_final_message()
    return [
        [one for block in answer.content if block.type == "text" for one in block.citations or ()]
        for answer in (whole, final)
    ]


def test_a_document_is_cited_by_the_place_of_its_characters(client: Any) -> None:
    for cited in citations_of(client, {"type": "text", "media_type": "text/plain", "data": LETTER}):
        assert cited
        for citation in cited:
            assert citation.type == "char_location"
            assert citation.document_title == "Letter"
            assert LETTER[citation.start_char_index : citation.end_char_index] == citation.cited_text


def test_a_document_in_parts_is_cited_by_the_number_of_its_part(client: Any) -> None:
    parts = [f"{sentence}." for sentence in LETTER.rstrip(".").split(". ")]
    source = {"type": "content", "content": [{"type": "text", "text": part} for part in parts]}

    for cited in citations_of(client, source):
        (citation,) = cited
        assert citation.type == "content_block_location"
        assert (citation.start_block_index, citation.end_block_index) == (1, 2)
        assert citation.cited_text == parts[1]


def test_tools_that_may_not_be_called_are_not(client: Any) -> None:
    asked: Any = [{"role": "user", "content": "How is the weather in Paris?"}]

    answer = client.messages.create(
        model=CHAT_MODEL, messages=asked, max_tokens=20, tools=TOOLS, tool_choice={"type": "none"}, **CALM
    )

    assert {block.type for block in answer.content} == {"text"}


def test_the_tokens_of_a_prompt_are_counted_as_they_are_read(client: Any) -> None:
    counted = client.messages.count_tokens(model=CHAT_MODEL, messages=HELLO, system="You are brief.", tools=TOOLS)
    answer = client.messages.create(
        model=CHAT_MODEL, messages=HELLO, system="You are brief.", tools=TOOLS, max_tokens=1
    )

    assert counted.input_tokens == answer.usage.input_tokens


def test_an_answer_keeps_to_a_json_schema(house: House) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    body = {
        "model": CHAT_MODEL,
        "messages": HELLO,
        "max_tokens": 40,
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    with house.http() as http:
        answer = http.post(f"{house.url}/v1/messages", json=body, headers={"x-api-key": house.key}).json()

    assert '"ok"' in answer["content"][0]["text"]


def test_what_cannot_be_done_is_refused_and_not_ignored(client: Any) -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    paper = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}}
    wishes: list[tuple[dict[str, Any], str]] = [
        ({"messages": [{"role": "user", "content": [picture]}]}, "text alone"),
        ({"messages": [{"role": "user", "content": [paper]}]}, "damaged"),
        ({"messages": HELLO, "thinking": {"type": "enabled", "budget_tokens": 1024}}, "think aloud"),
        ({"messages": HELLO, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "Anthropic defines"),
        ({"messages": HELLO, "tools": [{"type": "bash_20250124", "name": "bash"}]}, "Anthropic defines"),
        ({"messages": HELLO, "tool_choice": {"type": "any"}}, "A call is required"),
        ({"messages": [{"role": "user", "content": TOO_LONG}]}, r"90\d\d tokens long.*room for \d+"),
    ]

    for wish, sentence in wishes:
        with pytest.raises(anthropic.BadRequestError, match=sentence):
            client.messages.create(model=CHAT_MODEL, max_tokens=4, **wish)


def test_errors_are_of_the_kinds_that_the_sdk_knows(house: House, client: Any) -> None:
    with pytest.raises(anthropic.NotFoundError, match="not_found_error") as unknown:
        client.messages.create(model="claude-9", messages=HELLO, max_tokens=4)
    assert isinstance(unknown.value.body, dict)
    assert unknown.value.request_id == unknown.value.body["request_id"]
    assert (unknown.value.request_id or "").startswith("req_")
    with (
        anthropic.Anthropic(base_url=house.url, api_key="wrong", http_client=trusting(house)) as stranger,
        pytest.raises(anthropic.AuthenticationError, match="authentication_error"),
    ):
        stranger.messages.create(model=CHAT_MODEL, messages=HELLO, max_tokens=4)


def test_hearth_answers_from_the_files_with_citations(client: Any) -> None:
    asked: Any = [{"role": "user", "content": QUESTION}]

    whole = client.messages.create(model="hearth", messages=asked, max_tokens=400)
    with client.messages.stream(model="hearth", messages=asked, max_tokens=400) as stream:
        final = stream.get_final_message()
    counted = client.messages.count_tokens(model="hearth", messages=asked)

    for answer in (whole, final):
        text = "".join(block.text for block in answer.content if block.type == "text")
        quoted = [one for block in answer.content if block.type == "text" for one in block.citations or ()]
        assert "1.5 bar" in text
        assert "Sources:" in text
        assert quoted[0].type == "search_result_location"
        assert quoted[0].title == "Boiler manual.pdf, page 5"
        assert "1.5 bar" in quoted[0].cited_text
    assert counted.input_tokens == whole.usage.input_tokens > 0

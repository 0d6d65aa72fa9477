"""The official OpenAI SDK, unmodified, against the real product: chats, texts, vectors, refusals."""

import base64
import struct
from typing import Any

import openai
import pytest

from tests.journeys.dialects.conftest import CHAT_MODEL, EMBEDDING_MODEL, QUESTION, TOO_LONG, House, trusting
from tests.journeys.dialects.openai_words import HELLO, TOOLS

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def test_the_models_are_listed_and_told_one_by_one(sdk: Any) -> None:
    names = [model.id for model in sdk.models.list()]

    assert names == ["hearth", CHAT_MODEL, EMBEDDING_MODEL]
    assert sdk.models.retrieve(CHAT_MODEL).owned_by == "hearth"
    with pytest.raises(openai.NotFoundError, match="There are: hearth"):
        sdk.models.retrieve("gpt-9")


def test_a_chat_is_answered_with_its_usage(sdk: Any) -> None:
    answer = sdk.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=8, temperature=0)

    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in {"stop", "length"}
    assert answer.usage
    assert 0 < answer.usage.completion_tokens <= 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_streamed_chat_comes_to_the_same_and_ends_with_its_usage(sdk: Any) -> None:
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": HELLO, "max_tokens": 12, "temperature": 0, "seed": 7}

    whole = sdk.chat.completions.create(**wish)
    chunks = list(sdk.chat.completions.create(**wish, stream=True, stream_options={"include_usage": True}))

    told = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert told == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert whole.usage
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_a_conversation_is_the_same_whether_it_is_rendered_first_or_on_the_way(sdk: Any) -> None:
    """Where a stop sequence is asked for it is rendered first; that the sequence never comes must change nothing."""
    turns: Any = [
        {"role": "system", "content": "You are brief.  "},
        *HELLO,
        {"role": "assistant", "content": "Hello <there>!\n"},
        {"role": "user", "content": "\nAgain, please — “twice”."},
    ]
    wish: dict[str, Any] = {"model": CHAT_MODEL, "messages": turns, "max_tokens": 12, "temperature": 0}

    on_the_way = sdk.chat.completions.create(**wish)
    first = sdk.chat.completions.create(**wish, stop=["\u2042 never"])

    assert on_the_way.choices[0].message.content == first.choices[0].message.content
    assert on_the_way.choices[0].finish_reason == first.choices[0].finish_reason
    assert on_the_way.usage.prompt_tokens == first.usage.prompt_tokens
    assert on_the_way.usage.completion_tokens == first.usage.completion_tokens


def test_several_answers_come_with_their_own_numbers(sdk: Any) -> None:
    answer = sdk.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=4, n=3)

    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_a_stop_word_ends_the_answer_and_is_not_told(sdk: Any) -> None:
    asked: Any = [{"role": "user", "content": "Write: a, b, c, d"}]
    free = sdk.chat.completions.create(model=CHAT_MODEL, messages=asked, max_tokens=20, temperature=0)
    words = (free.choices[0].message.content or "").split()

    held = sdk.chat.completions.create(model=CHAT_MODEL, messages=asked, max_tokens=20, temperature=0, stop=[words[1]])

    assert held.choices[0].finish_reason == "stop"
    assert words[1] not in (held.choices[0].message.content or "")


def test_probabilities_are_told_where_they_are_asked_for(sdk: Any) -> None:
    answer = sdk.chat.completions.create(
        model=CHAT_MODEL, messages=HELLO, max_tokens=3, temperature=0, logprobs=True, top_logprobs=2
    )

    assert answer.choices[0].logprobs
    chances = answer.choices[0].logprobs.content
    assert chances
    assert len(chances) == 3
    assert all(chance.logprob <= 0 and len(chance.top_logprobs) == 2 for chance in chances)


def test_a_text_is_continued(sdk: Any) -> None:
    answer = sdk.completions.create(
        model=CHAT_MODEL, prompt=["One two three", "Red green"], max_tokens=4, temperature=0, echo=True
    )
    streamed = list(sdk.completions.create(model=CHAT_MODEL, prompt="One two", max_tokens=4, stream=True))

    assert [choice.text[:5] for choice in answer.choices] == ["One t", "Red g"]
    assert answer.usage
    assert answer.usage.completion_tokens <= 8
    assert "".join(chunk.choices[0].text for chunk in streamed)
    assert streamed[-1].choices[0].finish_reason in {"length", "stop"}


def test_embeddings_are_of_unit_length_and_the_same_in_both_encodings(sdk: Any) -> None:
    texts = ["the boiler is warm", "the heater is hot", "a bicycle"]

    floats = sdk.embeddings.create(model=EMBEDDING_MODEL, input=texts, encoding_format="float")
    packed = sdk.with_options(max_retries=0).post(
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


def test_a_text_too_long_to_embed_is_refused_with_the_numbers(sdk: Any) -> None:
    with pytest.raises(openai.BadRequestError, match=r"is 302 tokens long.*reads 256"):
        sdk.embeddings.create(model=EMBEDDING_MODEL, input=["short", "word " * 300])


def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers(sdk: Any) -> None:
    with pytest.raises(openai.BadRequestError, match=r"90\d\d tokens long.*room for \d+") as refused:
        sdk.chat.completions.create(model=CHAT_MODEL, messages=[{"role": "user", "content": TOO_LONG}], stream=True)

    assert refused.value.code == "context_length_exceeded"
    assert refused.value.type == "invalid_request_error"


def test_what_cannot_be_done_is_refused_and_not_ignored(sdk: Any) -> None:
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
            sdk.chat.completions.create(model=CHAT_MODEL, **wish)


def test_a_wrong_key_is_refused_as_the_sdk_expects(house: House) -> None:
    with (
        openai.OpenAI(base_url=f"{house.url}/v1", api_key="sk-hearth-wrong", http_client=trusting(house)) as stranger,
        pytest.raises(openai.AuthenticationError, match="does not know this key") as refused,
    ):
        stranger.models.list()

    assert refused.value.code == "invalid_api_key"
    assert (refused.value.request_id or "").startswith("req_")


def test_the_sdk_tells_a_request_s_number_and_which_field_does_not_fit(sdk: Any) -> None:
    answer = sdk.chat.completions.create(model=CHAT_MODEL, messages=HELLO, max_tokens=1)
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stop=["a", 5])

    assert (answer._request_id or "").startswith("req_")
    assert refused.value.param == "stop[1]"


def test_hearth_answers_from_the_files_with_citations(sdk: Any) -> None:
    answer = sdk.chat.completions.create(model="hearth", messages=[{"role": "user", "content": QUESTION}])

    message = answer.choices[0].message
    assert "1.5 bar" in (message.content or "")
    assert "[1] Boiler manual.pdf, page 5" in (message.content or "")
    assert message.annotations
    assert message.annotations[0].url_citation.title == "Boiler manual.pdf, page 5"
    told = answer.model_dump()
    assert told["citations"][0]["file"] == "Boiler manual.pdf"
    assert told["hearth"]["found"] is True


def test_hearth_streams_and_says_when_the_files_hold_no_answer(sdk: Any) -> None:
    chunks = list(
        sdk.chat.completions.create(
            model="hearth", messages=[{"role": "user", "content": QUESTION}], stream=True, max_tokens=400
        )
    )
    nothing = sdk.chat.completions.create(
        model="hearth", messages=[{"role": "user", "content": "What is the orbital period of Neptune?"}]
    )

    assert "Sources:" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].model_dump()["citations"][0]["page"] == 5
    assert "Nothing in your files" in (nothing.choices[0].message.content or "")
    assert nothing.model_dump()["hearth"]["found"] is False


def test_hearth_takes_no_tools(sdk: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="takes no tools"):
        sdk.chat.completions.create(
            model="hearth", messages=[{"role": "user", "content": QUESTION}], tools=TOOLS, tool_choice="auto"
        )

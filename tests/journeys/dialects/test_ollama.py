"""The official Ollama SDK, unmodified, against the real product."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import ollama
import pytest

from tests.journeys.dialects.conftest import CHAT_MODEL, EMBEDDING_MODEL, QUESTION, TOO_LONG, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

HELLO: Any = [{"role": "user", "content": "Say hello."}]
BRIEF = {"num_predict": 8, "temperature": 0}
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Any]:
    headers = {"Authorization": f"Bearer {house.key}"}
    with ollama.Client(host=house.url, headers=headers, verify=house.trust(), timeout=120) as made:
        yield made


def test_the_models_are_told_as_they_are(client: Any, house: House) -> None:
    listed = {model.model: model for model in client.list().models}
    shown = client.show(CHAT_MODEL)
    running = client.ps().models

    chat = listed[f"{CHAT_MODEL}:latest"]
    assert set(listed) == {"hearth:latest", f"{CHAT_MODEL}:latest", f"{EMBEDDING_MODEL}:latest"}
    assert chat.details
    assert (chat.details.family, chat.details.parameter_size) == ("llama", "135M")
    assert chat.details.quantization_level == "Q4_0"
    assert len(chat.digest or "") == len(hashlib.sha256().hexdigest())
    assert shown.modelinfo
    assert shown.modelinfo["llama.context_length"] == 8192
    assert "completion" in (shown.capabilities or [])
    assert running[0].model == f"{CHAT_MODEL}:latest"
    assert client.show(EMBEDDING_MODEL).capabilities == ["embedding"]


def test_the_version_is_told(house: House) -> None:
    with house.http() as http:
        told = http.get(f"{house.url}/api/version", headers={"Authorization": f"Bearer {house.key}"}).json()

    assert told["version"].count(".") == 2
    assert told["hearth"]


def test_a_chat_is_answered_whole_and_in_pieces_alike(client: Any) -> None:
    whole = client.chat(model=CHAT_MODEL, messages=HELLO, options=BRIEF)
    pieces = list(
        client.chat(model=f"{CHAT_MODEL}:latest", messages=HELLO, options=BRIEF, stream=True, keep_alive="5m")
    )

    assert whole.message.content
    assert "".join(piece.message.content or "" for piece in pieces) == whole.message.content
    assert whole.done_reason in {"stop", "length"}
    assert pieces[-1].done
    assert pieces[-1].eval_count == whole.eval_count
    assert 0 < (whole.eval_count or 0) <= 8
    assert (whole.prompt_eval_count or 0) > 0
    assert (whole.eval_duration or 0) > 0


def test_a_prompt_is_answered_whole_and_in_pieces_alike(client: Any) -> None:
    whole = client.generate(model=CHAT_MODEL, prompt="Say hello.", system="You are brief.", options=BRIEF)
    pieces = list(
        client.generate(model=CHAT_MODEL, prompt="Say hello.", system="You are brief.", options=BRIEF, stream=True)
    )
    raw = client.generate(model=CHAT_MODEL, prompt="One two three", raw=True, options=BRIEF)

    assert whole.response
    assert "".join(piece.response for piece in pieces) == whole.response
    assert raw.response
    assert (raw.prompt_eval_count or 0) < (whole.prompt_eval_count or 0)


def test_a_request_without_a_question_only_asks_for_the_model(client: Any) -> None:
    assert client.generate(model=CHAT_MODEL).done_reason == "load"
    assert client.chat(model=CHAT_MODEL).done_reason == "load"


def test_an_answer_keeps_to_a_form(client: Any) -> None:
    schema: Any = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}

    told = client.chat(model=CHAT_MODEL, messages=HELLO, format=schema, options={"num_predict": 60})
    any_object = client.generate(model=CHAT_MODEL, prompt="JSON", format="json", options={"num_predict": 60})

    assert isinstance(json.loads(told.message.content or "")["ok"], bool)
    assert any_object.response.lstrip().startswith("{")


def test_tools_are_offered_and_their_results_are_read(client: Any) -> None:
    call = {"function": {"name": "get_weather", "arguments": {"city": "Paris"}}}
    turns: Any = [
        {"role": "user", "content": "How is the weather in Paris?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "18 degrees", "tool_name": "get_weather"},
    ]

    answer = client.chat(model=CHAT_MODEL, messages=turns, tools=[TOOL], options={"num_predict": 30, "temperature": 0})

    assert answer.message.content or answer.message.tool_calls


def test_a_stop_word_and_a_seed_are_honoured(client: Any) -> None:
    wish: dict[str, Any] = {"num_predict": 12, "temperature": 1.5, "seed": 42}
    first = client.generate(model=CHAT_MODEL, prompt="Tell me a story.", options=wish).response
    again = client.generate(model=CHAT_MODEL, prompt="Tell me a story.", options=wish).response
    word = first.split()[2]

    held = client.generate(model=CHAT_MODEL, prompt="Tell me a story.", options={**wish, "stop": [word]})

    assert first == again
    assert word not in held.response


def test_vectors_are_of_unit_length(client: Any) -> None:
    told = client.embed(model=EMBEDDING_MODEL, input=["the boiler is warm", "a bicycle"])
    old = client.embeddings(model=EMBEDDING_MODEL, prompt="the boiler is warm")

    assert [len(row) for row in told.embeddings] == [384, 384]
    assert all(abs(sum(value**2 for value in row) - 1) < 1e-3 for row in told.embeddings)
    assert len(old.embedding) == 384


def test_a_long_text_is_cut_only_where_the_program_says_so(client: Any) -> None:
    with pytest.raises(ollama.ResponseError, match=r"302 tokens long.*reads 256"):
        client.embed(model=EMBEDDING_MODEL, input="word " * 300)

    assert client.embed(model=EMBEDDING_MODEL, input="word " * 300, truncate=True).prompt_eval_count == 256


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"messages": [{"role": "user", "content": TOO_LONG}]}, r"90\d\d tokens long.*room for \d+"),
        ({"messages": [{"role": "user", "content": TOO_LONG}], "options": {"num_ctx": 1_000_000}}, "tokens long"),
        ({"messages": HELLO, "think": True}, "think aloud"),
        ({"messages": HELLO, "options": {"mirostat": 1}}, "mirostat"),
        ({"messages": [{"role": "user", "content": "Look", "images": ["AAAA"]}]}, "text alone"),
    ],
)
def test_what_cannot_be_done_is_refused_and_not_ignored(client: Any, wish: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ollama.ResponseError, match=sentence) as refused:
        client.chat(model=CHAT_MODEL, **wish)

    assert refused.value.status_code == 400


def test_more_context_than_there_is_may_be_wished_for(client: Any) -> None:
    told = client.chat(model=CHAT_MODEL, messages=HELLO, options={"num_ctx": 1_000_000, "num_predict": 3})

    assert told.message.content


def test_an_unknown_model_and_a_wrong_key_are_told_apart(client: Any, house: House) -> None:
    with pytest.raises(ollama.ResponseError) as unknown:
        client.chat(model="llama9", messages=HELLO)
    with (
        ollama.Client(host=house.url, headers={"Authorization": "Bearer no"}, verify=house.trust()) as stranger,
        pytest.raises(ollama.ResponseError) as refused,
    ):
        stranger.list()

    assert (unknown.value.status_code, refused.value.status_code) == (404, 401)


def test_a_key_changes_no_models_and_nothing_is_published(client: Any) -> None:
    for deed, names in (
        (client.pull, ["qwen3-0.6b"]),
        (client.delete, [CHAT_MODEL]),
        (client.copy, [CHAT_MODEL, "other"]),
        (client.create, ["other", None, CHAT_MODEL]),
    ):
        with pytest.raises(ollama.ResponseError, match="Only the owner of this box") as refused:
            deed(*names)
        assert refused.value.status_code == 403

    with pytest.raises(ollama.ResponseError, match="publishes nothing"):
        client.push(CHAT_MODEL)


def test_hearth_answers_from_the_files_with_citations(client: Any, house: House) -> None:
    pieces = list(client.chat(model="hearth", messages=[{"role": "user", "content": QUESTION}], stream=True))
    with house.http() as http:
        body = {"model": "hearth:latest", "prompt": QUESTION, "stream": False}
        # As `curl -d` sends it: a form by its header, JSON by its content.
        headers = {"Authorization": f"Bearer {house.key}", "Content-Type": "application/x-www-form-urlencoded"}
        whole = http.post(f"{house.url}/api/generate", content=json.dumps(body), headers=headers).json()

    assert "1.5 bar" in "".join(piece.message.content or "" for piece in pieces)
    assert "1.5 bar" in whole["response"]
    assert whole["citations"][0]["file"] == "Boiler manual.pdf"
    assert whole["hearth"]["found"] is True

"""Somebody's llama-server becomes a part of the house: added at the terminal, asked in every dialect, lost, removed."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.llama import MODEL, Llama, llama
from tests.person import Person, refusal
from tests.product import Product

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

KEY = "sk-attic-0123456789abcdef"
HELLO = [{"role": "user", "content": "Say hello."}]
LONG = [{"role": "user", "content": "Tell a very long story about a house."}]
ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def owner(product: Product) -> Person:
    person = Person(product.url)
    person.claim(product.setup_code).raise_for_status()
    return person


@pytest.fixture
def attic(product: Product, owner: Person) -> Iterator[Llama]:
    """The server, added with its key."""
    with llama(key=KEY) as server:
        added = mesh(product, "add-engine", server.address, "--name", "attic", "--key", typed=f"{KEY}\n")
        assert added.returncode == 0, added.stderr
        assert f"“attic” is added. Its models: {MODEL}" in added.stdout
        yield server
        assert mesh(product, "remove-engine", "attic").returncode == 0


def mesh(product: Product, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "services.command", "mesh", *words, "--data", str(product.data)]
    return subprocess.run(line, input=typed, capture_output=True, text=True, check=False, timeout=200)


def lines(response: httpx.Response) -> Iterator[Any]:
    """The events of a stream, whatever the dialect."""
    for line in response.iter_lines():
        text = line.removeprefix("data: ")
        if text.startswith("{"):
            yield json.loads(text)


def until(holds: Callable[[], bool], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not come true."
        time.sleep(0.2)


def test_its_model_is_listed_and_answers_in_every_dialect(owner: Person, attic: Llama) -> None:
    ask = owner.client.post
    listed = owner.client.get("/v1/models").json()["data"]
    tags = owner.client.get("/api/tags").json()["models"]

    chat = ask("/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "max_tokens": 6}).json()
    text = ask("/v1/completions", json={"model": MODEL, "prompt": "Once upon a", "max_tokens": 6}).json()
    response = ask("/v1/responses", json={"model": MODEL, "input": "Say hello.", "max_output_tokens": 16}).json()
    message = ask("/v1/messages", json={"model": MODEL, "messages": HELLO, "max_tokens": 6}, headers=ANTHROPIC).json()
    ollama = ask("/api/chat", json={"model": MODEL, "messages": HELLO, "stream": False, "options": {"num_predict": 6}})
    assert ollama.headers["x-hearth-computed-on"] == "attic"

    assert MODEL in [one["id"] for one in listed]
    assert f"{MODEL}:latest" in [one["name"] for one in tags]
    assert chat["choices"][0]["message"]["content"]
    assert 0 < chat["usage"]["completion_tokens"] <= 6
    assert chat["usage"]["prompt_tokens"] > 0
    assert text["choices"][0]["text"]
    assert response["output"][0]["content"][0]["text"]
    assert message["content"][0]["text"]
    assert message["usage"]["output_tokens"] > 0
    assert ollama.json()["message"]["content"]
    engine = owner.client.get("/api/engines").json()["engines"][0]
    assert engine["models"][0]["decode_rate"] > 0
    assert engine["first_token_ms"] > 0
    outcomes = owner.client.get("/api/nodes").json()["outcomes"]
    assert {one["name"] for one in outcomes[:5]} == {"attic"}


def test_a_streamed_answer_ends_with_its_usage_and_a_form_is_kept(owner: Person, attic: Llama) -> None:
    form = {"type": "object", "properties": {"colour": {"enum": ["blue", "red"]}}, "required": ["colour"]}
    shape = {"type": "json_schema", "json_schema": {"name": "lamp", "schema": form}}
    asked = {"model": MODEL, "messages": HELLO, "max_tokens": 40, "response_format": shape}

    told = owner.client.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
    wish = {
        "model": MODEL,
        "messages": HELLO,
        "max_tokens": 6,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with owner.client.stream("POST", "/v1/chat/completions", json=wish) as streamed:
        events = list(lines(streamed))

    assert json.loads(told)["colour"] in {"blue", "red"}
    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in events if one["choices"])
    assert events[-1]["usage"]["completion_tokens"] > 0


def test_questions_about_files_stay_here_until_the_owner_lets_them_go_there(product: Product, owner: Person) -> None:
    """The engine has a model of the same name as the one that answers here, so it could answer."""
    own = next(one["name"] for one in owner.client.get("/api/models").json()["models"] if one["chosen"])
    question = "When does the warranty of the boiler end?"
    with llama(name=own) as server:
        assert mesh(product, "add-engine", server.address, "--name", "attic").returncode == 0
        for _ in range(3):
            assert (owner.ask(question)["computed_on"] or {"is_here": True})["is_here"]
        assert mesh(product, "change-engine", "attic", "--may-read-files").returncode == 0

        def goes_there() -> bool:
            busy = threading.Thread(
                target=lambda: owner.client.post(
                    "/v1/chat/completions", json={"model": own, "messages": LONG, "max_tokens": 300}
                )
            )
            busy.start()
            answer = owner.ask(question)
            busy.join()
            return answer["computed_on"] is not None and answer["computed_on"]["name"] == "attic"

        until(goes_there, seconds=400)
        assert mesh(product, "remove-engine", "attic").returncode == 0


def test_a_broken_answer_is_told_and_an_engine_that_is_gone_is_an_error_in_each_dialect(
    owner: Person, attic: Llama
) -> None:
    asked = {"model": MODEL, "messages": LONG, "max_tokens": 3000, "stream": True}
    with owner.client.stream("POST", "/v1/chat/completions", json=asked) as streamed:
        events = []
        for event in lines(streamed):
            events.append(event)
            if len(events) == 4:
                attic.signal(signal.SIGKILL)

    assert "error" in events[-1]
    assert "broke off" in events[-1]["error"]["message"]
    post = owner.client.post
    answers = [
        post("/v1/chat/completions", json={"model": MODEL, "messages": HELLO}),
        post("/v1/messages", json={"model": MODEL, "messages": HELLO, "max_tokens": 6}, headers=ANTHROPIC),
        post("/api/chat", json={"model": MODEL, "messages": HELLO}),
    ]
    assert all(one.status_code >= 500 for one in answers), [one.text for one in answers]
    assert all("does not answer now" in one.text for one in answers)
    engine = owner.client.get("/api/engines").json()["engines"][0]
    assert engine["problem"]
    assert owner.client.get("/api/models").json()["on_other_engines"] == [{"name": MODEL, "engines": ["attic"]}]


def test_its_key_is_nowhere_but_in_the_meshs_own_folder(product: Product, owner: Person, attic: Llama) -> None:
    owner.client.post("/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "max_tokens": 2})

    assert KEY not in owner.client.get("/api/engines").text
    holding = {
        path.relative_to(product.data)
        for path in product.data.rglob("*")
        if path.is_file() and not path.is_symlink() and KEY.encode() in path.read_bytes()
    }
    assert [str(path) for path in holding] == ["mesh/engines.json"]


def test_what_is_no_engine_is_refused_at_the_terminal_in_a_sentence(product: Product, owner: Person) -> None:
    away = mesh(product, "add-engine", "8.8.8.8")
    nobody = mesh(product, "add-engine", "127.0.0.1:9")
    itself = mesh(product, "add-engine", product.url)

    assert away.returncode == 1
    assert "outside this house" in away.stderr
    assert "Nothing answers at 127.0.0.1" in nobody.stderr
    assert "nobody vouches for" in itself.stderr
    assert "no engine of another make" in mesh(product, "engines").stdout


def test_what_can_only_be_done_where_the_model_is_is_refused_here(owner: Person, attic: Llama) -> None:
    for method, path in (("POST", "load"), ("POST", "unload"), ("PUT", "choice")):
        answer = owner.client.request(method, f"/api/models/{path}", json={"name": MODEL})

        assert refusal(answer)[:2] == (409, "model_elsewhere")
    assert refusal(owner.client.delete("/api/models", params={"name": MODEL}))[1] == "model_elsewhere"

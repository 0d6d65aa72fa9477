"""Three dialects over one writer: what goes in is translated, what breaks is told, what nobody may do is refused."""

import asyncio
import json
from collections.abc import Set
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.api.dialects import OLLAMA_BLOBS, OLLAMA_PATHS, dialect_of
from assistant.engine.errors import EngineContextError, EngineInterruptedError, EngineUnavailableError
from assistant.engine.mesh import MeshDaemon, Place, Work
from assistant.engine.place import Computed
from assistant.engine.watch import Patience
from tests.assistant.api.box import LOCAL_KEY, Box, put

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello?"}]}),
    "completions": ("/v1/completions", {"prompt": "Hello"}),
    "responses": ("/v1/responses", {"input": "Hello?"}),
    "anthropic": ("/v1/messages", {"messages": [{"role": "user", "content": "Hello?"}], "max_tokens": 9}),
    "ollama": ("/api/chat", {"messages": [{"role": "user", "content": "Hello?"}]}),
}


async def ask(box: Box, dialect: str, *, stream: bool = False, **more: Any) -> httpx.Response:
    path, body = ASKED[dialect]
    async with box.caller(LOCAL_KEY) as caller:
        return await caller.post(path, json={"model": "tiny", "stream": stream, **body, **more})


@pytest.mark.parametrize("dialect", list(ASKED))
@pytest.mark.parametrize("stream", [False, True])
async def test_the_words_come_in_every_dialect(box: Box, dialect: str, stream: bool) -> None:
    answer = await ask(box, dialect, stream=stream)

    assert answer.status_code == 200
    assert "blue." in answer.text


class MeshOfOne(MeshDaemon):
    """A mesh in which everything runs here, under a name with letters that no header takes as they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "mesh.sock", patience=Patience(), monotonic=lambda: 0.0)

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        return Place(computed=Computed(node_id="a" * 26, name="Küche 2", is_here=True, reason="It was free."))


@pytest.mark.parametrize("dialect", list(ASKED))
@pytest.mark.parametrize("stream", [False, True])
async def test_every_dialect_says_in_a_header_where_it_was_computed(tmp_path: Path, dialect: str, stream: bool) -> None:
    answer = await ask(Box(tmp_path, mesh=MeshOfOne(tmp_path)), dialect, stream=stream)

    assert answer.headers["x-hearth-computed-on"] == "K%C3%BCche%202"


@pytest.mark.parametrize("dialect", list(ASKED))
async def test_a_box_that_is_alone_says_nothing_of_places(box: Box, dialect: str) -> None:
    assert "x-hearth-computed-on" not in (await ask(box, dialect)).headers


@pytest.mark.parametrize("dialect", list(ASKED))
async def test_a_break_in_the_middle_is_an_error_in_the_stream_and_no_end(box: Box, dialect: str) -> None:
    box.texts.error = EngineInterruptedError("The language model stopped in the middle of this answer.")

    answer = await ask(box, dialect, stream=True)

    assert answer.status_code == 200
    last = [line for line in answer.text.splitlines() if line][-1].removeprefix("data: ")
    assert "stopped in the middle" in last
    assert "error" in json.loads(last) or json.loads(last)["response"]["error"]
    assert "[DONE]" not in answer.text
    assert "message_stop" not in answer.text


@pytest.mark.parametrize(
    ("dialect", "more"),
    [("openai", {"n": 2}), ("completions", {"n": 2}), ("completions", {"prompt": ["One", "Two"]})],
)
async def test_a_break_in_a_later_answer_of_a_stream_is_told_as_well(
    box: Box, dialect: str, more: dict[str, Any]
) -> None:
    box.texts.error = EngineInterruptedError("The language model stopped in the middle of this answer.")
    box.texts.error_from = 1

    answer = await ask(box, dialect, stream=True, **more)

    assert answer.status_code == 200
    told = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    assert {one["choices"][0]["index"] for one in told[:-1]} == {0, 1}
    assert told[-1]["error"]["code"] == "engine_interrupted"


@pytest.mark.parametrize("dialect", ["openai", "completions"])
async def test_a_later_answer_that_takes_its_time_keeps_the_stream_awake(
    box: Box, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.api.streams.QUIET_SECONDS", 0.05)
    holding = asyncio.create_task(_held(box, after=1))

    answer = await ask(box, dialect, stream=True, n=2)
    await holding

    assert ": still here" in answer.text
    assert answer.text.rstrip().endswith("data: [DONE]")


async def _held(box: Box, *, after: int) -> None:
    """Take every place of the engine once so many answers were begun, and give them back after a moment."""
    while len(box.texts.asked) < after:
        await asyncio.sleep(0)
    async with box.queue.turn("somebody"), box.queue.turn("somebody else"):
        await asyncio.sleep(0.3)


@pytest.mark.parametrize("dialect", list(ASKED))
@pytest.mark.parametrize("stream", [False, True])
async def test_what_fails_before_the_first_word_is_a_plain_error(box: Box, dialect: str, stream: bool) -> None:
    box.texts.refusal = EngineContextError(prompt_tokens=900, context_tokens=400)
    too_long = await ask(box, dialect, stream=stream)
    box.texts.refusal = EngineUnavailableError("The language model is not ready yet.")
    away = await ask(box, dialect, stream=stream)

    assert (too_long.status_code, away.status_code) == (400, 503)
    assert "900 tokens long, and the model has room for 400" in too_long.text


@pytest.mark.parametrize("dialect", list(ASKED))
async def test_a_full_line_is_told_with_when_to_come_back(box: Box, dialect: str) -> None:
    box.texts.hangs = True
    waiting = [asyncio.create_task(ask(box, "ollama")) for _ in range(4)]
    while box.queue.waiting < 2:
        await asyncio.sleep(0.01)

    refused = await ask(box, dialect)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_the_answers_of_the_page_wait_for_the_same_person(box: Box) -> None:
    ada = await box.claimed()
    await put(ada, "The harbour lamp is green.")

    await ada.post("/api/ask", json={"text": "Which colour is the harbour lamp?"})

    assert box.engine.lines[-1] == (await ada.get("/api/me")).json()["id"]


async def test_hearth_answers_each_from_their_own_files(box: Box) -> None:
    ada = await box.claimed()
    bob = box.other_person()
    await put(ada, "The harbour lamp is green.")
    body = {"model": "hearth", "messages": [{"role": "user", "content": "the harbour lamp is?"}]}

    hers = (await ada.post("/v1/chat/completions", json=body)).json()
    his = (await bob.post("/v1/chat/completions", json=body)).json()

    assert hers["citations"][0]["text"] == "The harbour lamp is green."
    assert "Sources:" in hers["choices"][0]["message"]["content"]
    assert hers["hearth"]["found"] is True
    assert "citations" not in his
    assert "harbour" not in his["choices"][0]["message"]["content"]


async def test_a_programs_instructions_stand_before_the_passages(box: Box) -> None:
    ada = await box.claimed()
    await put(ada, "The harbour lamp is green.")
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "the harbour lamp is?"}]

    await ada.post("/v1/chat/completions", json={"model": "hearth", "messages": turns, "temperature": 0.3})

    assert (box.engine.asked[-1][0].role, box.engine.asked[-1][0].text) == ("system", "Be brief.")
    assert box.engine.samplings[-1].temperature == 0.3


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/v1/messages", "/api/chat", "/api/tags"])
async def test_a_stranger_is_refused_in_the_words_of_the_dialect(box: Box, path: str) -> None:
    method = "GET" if path in {"/v1/models", "/api/tags"} else "POST"
    refused = await box.caller().request(method, path, content=b"{}")

    told = refused.json()
    assert refused.status_code == 401
    match dialect_of(path, {}):
        case "openai":
            assert told["error"]["type"] == "authentication_error"
        case "anthropic":
            assert told["error"]["type"] == "authentication_error"
            assert told["type"] == "error"
        case _:
            assert isinstance(told["error"], str)


@pytest.mark.parametrize("path", [path for path, _ in ASKED.values()])
async def test_another_website_cannot_ask_with_a_persons_cookie(box: Box, path: str) -> None:
    ada = await box.claimed()

    answer = await ada.post(path, json={"model": "tiny"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_ollamas_addresses_lie_beside_our_own(box: Box) -> None:
    described = set(box.app.openapi()["paths"])
    ours = {path for path in described if path.startswith("/api/") and dialect_of(path, {}) == "hearth"}

    assert described >= OLLAMA_PATHS
    assert f"{OLLAMA_BLOBS}{{digest}}" in described
    assert {"/api/chats", "/api/documents", "/api/keys", "/api/health"} <= ours
    assert not ours & OLLAMA_PATHS
    for path in OLLAMA_PATHS:
        assert not any(one.startswith(f"{path}/") for one in ours), path


TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
FORM = {"type": "object", "properties": {"degrees": {"type": "integer"}}}
BOTH: dict[str, dict[str, Any]] = {
    "openai": {
        "tools": [{"type": "function", "function": TOOL}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": FORM}},
    },
    "responses": {
        "tools": [{"type": "function", **TOOL}],
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": FORM}},
    },
    "anthropic": {
        "tools": [{"name": "weather", "input_schema": TOOL["parameters"]}],
        "output_config": {"format": {"type": "json_schema", "schema": FORM}},
    },
    "ollama": {"tools": [{"type": "function", "function": TOOL}], "format": FORM},
}


@pytest.mark.parametrize("dialect", list(BOTH))
@pytest.mark.parametrize("calls", [False, True])
async def test_tools_and_a_form_of_the_answer_go_together(box: Box, dialect: str, calls: bool) -> None:
    box.texts.steps = [("<tool_call>",), ("{}",), ()] if calls else [("{",), ('{"degrees": 18}',)]

    answer = await ask(box, dialect, **BOTH[dialect])

    assert answer.status_code == 200
    assert ("weather" in json.dumps(answer.json().get("output") or answer.json())) == calls
    assert ("degrees" in json.dumps(answer.json().get("output") or answer.json())) != calls


async def test_a_schema_without_end_is_refused_before_the_engine_sees_it(box: Box) -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        deep = {"type": "array", "items": deep}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": deep}}

    answer = await ask(box, "openai", response_format=form)

    assert answer.status_code == 400
    assert "levels deep" in answer.json()["error"]["message"]
    assert box.texts.asked == []


async def test_embeddings_are_counted_and_refused_with_the_numbers(box: Box) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        body = {"model": "all-MiniLM-L6-v2", "input": ["a b", "word " * 300]}
        too_long = await caller.post("/v1/embeddings", json=body)
        good = await caller.post("/v1/embeddings", json={**body, "input": ["a b", "c"]})

    assert "Text 2 of 2 is 300 tokens long" in too_long.json()["error"]["message"]
    assert good.json()["usage"]["total_tokens"] == 3
    assert [one["index"] for one in good.json()["data"]] == [0, 1]


async def test_ollamas_num_ctx_is_a_wish_and_a_prompt_beyond_what_is_here_is_refused_with_the_numbers(box: Box) -> None:
    wished = await ask(box, "ollama", options={"num_ctx": 131_072})
    box.texts.refusal = EngineContextError(prompt_tokens=900, context_tokens=400)
    too_long = await ask(box, "ollama", options={"num_ctx": 131_072})

    assert wished.status_code == 200
    assert too_long.status_code == 400
    assert "900 tokens long, and the model has room for 400" in too_long.text


async def test_ollamas_programs_read_the_room_that_a_model_has_here(box: Box) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        shown = (await caller.post("/api/show", json={"model": "tiny"})).json()

    assert shown["model_info"]["llama.context_length"] == 400
    assert shown["parameters"] == "num_ctx 400"


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
async def test_ollamas_empty_request_loads_a_model_and_keep_alive_0_lets_it_go(box: Box, path: str) -> None:
    ada = await box.claimed()
    bob = box.other_person()

    loaded = (await bob.post(path, json={"model": "tiny"})).json()
    (running,) = (await ada.get("/api/ps")).json()["models"]
    refused = await bob.post(path, json={"model": "tiny", "keep_alive": 0})
    left = (await ada.post(path, json={"model": "hearth", "keep_alive": "0s"})).json()

    assert (loaded["done"], loaded["done_reason"], left["done_reason"]) == (True, "load", "unload")
    assert refused.status_code == 403
    assert (running["size"], running["size_vram"], running["context_length"]) == (1600, 600, 400)
    assert running["expires_at"].startswith((box.clock.now() + timedelta(seconds=60)).isoformat()[:19])
    assert (await ada.get("/api/ps")).json()["models"] == []


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_leaves_memory_after_an_answer_with_keep_alive_0(box: Box, stream: bool) -> None:
    ada = await box.claimed()
    await ada.post("/api/chat", json={"model": "tiny", "keep_alive": "5m"})

    path, body = ASKED["ollama"]
    answer = await ada.post(path, json={"model": "tiny", "stream": stream, "keep_alive": 0, **body})

    assert "blue." in answer.text
    assert (await ada.get("/api/ps")).json()["models"] == []


async def test_hearth_says_how_many_earlier_turns_it_did_not_read(box: Box) -> None:
    ada = await box.claimed()
    await put(ada, "The harbour lamp is green.")
    long = "word " * 3000
    turns = [
        {"role": "assistant", "content": "Welcome."},
        {"role": "user", "content": long},
        {"role": "assistant", "content": "I see."},
        {"role": "user", "content": "the harbour lamp is?"},
    ]

    openai = (await ada.post("/v1/chat/completions", json={"model": "hearth", "messages": turns})).json()
    body = {"model": "hearth", "messages": turns, "max_tokens": 50}
    anthropic = (await ada.post("/v1/messages", json=body)).json()
    ollama = (await ada.post("/api/chat", json={"model": "hearth", "messages": turns, "stream": False})).json()

    assert [told["hearth"]["dropped_turns"] for told in (openai, anthropic, ollama)] == [2, 2, 2]


async def test_tokens_in_place_of_texts_are_refused_with_what_to_set_in_langchain(box: Box) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        refused = await caller.post("/v1/embeddings", json={"model": "all-MiniLM-L6-v2", "input": [[101, 2023]]})

    assert refused.status_code == 400
    assert "`check_embedding_ctx_length=False`" in refused.json()["error"]["message"]

"""Asking, as a browser sees it: an answer that grows, with its citations."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from assistant.engine.errors import EngineInterruptedError, EngineUnavailableError
from assistant.identifiers import ChatId
from tests.assistant.api.box import LOCAL_KEY, Box, put, refusal

QUESTION = "What is she allergic to?"


@pytest.fixture
async def ada(box: Box) -> httpx.AsyncClient:
    ada = await box.claimed()
    await put(ada, "Miso eats at 7:00. She is allergic to fish.", name="house.txt")
    box.engine.pieces = ["She is allergic to fish [", "1]. ", "So"]
    return ada


async def chat(ada: httpx.AsyncClient) -> str:
    return str((await ada.post("/api/chats")).json()["id"])


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_an_answer_streams_as_lines_in_the_order_of_the_contract(ada: httpx.AsyncClient) -> None:
    chat_id = await chat(ada)

    told = events(await ada.post(f"/api/chats/{chat_id}/messages", json={"text": QUESTION}))

    assert [event["type"] for event in told] == ["retrieved", "token", "token", "citation", "done"]
    assert told[0]["found"]
    assert told[0]["passages"][0]["best"]
    assert told[3] | {"document_id": ""} == {
        "type": "citation",
        "marker": 1,
        "document_id": "",
        "file": "house.txt",
        "page": 1,
        "start": 19,
        "end": 43,
        "text": "She is allergic to fish.",
    }
    done = told[-1]
    assert done["answer"] == "She is allergic to fish. [1]"
    assert (done["retrieved"], done["fitted"], done["dropped"]) == (1, 1, 0)


async def test_the_chat_keeps_what_was_said(ada: httpx.AsyncClient) -> None:
    chat_id = await chat(ada)
    *_, done = events(await ada.post(f"/api/chats/{chat_id}/messages", json={"text": QUESTION}))

    kept = (await ada.get(f"/api/chats/{chat_id}")).json()

    question, answer = kept["messages"]
    assert kept["title"] == QUESTION
    assert (question["role"], question["text"]) == ("user", QUESTION)
    assert (answer["id"], answer["text"], answer["interrupted"]) == (done["message_id"], done["answer"], False)
    assert answer["citations"] == done["citations"]
    assert answer["sources"]["passages"][0]["file"] == "house.txt"
    assert [listed["title"] for listed in (await ada.get("/api/chats")).json()["chats"]] == [QUESTION]


async def test_a_deleted_chat_is_gone(ada: httpx.AsyncClient) -> None:
    chat_id = await chat(ada)

    assert (await ada.delete(f"/api/chats/{chat_id}")).status_code == 204
    assert refusal(await ada.get(f"/api/chats/{chat_id}")) == (404, "chat_not_found")


async def test_an_engine_that_stops_in_the_middle_is_told_and_not_hidden(box: Box, ada: httpx.AsyncClient) -> None:
    box.engine.error = EngineInterruptedError("The language model stopped. Ask again.")
    chat_id = await chat(ada)

    told = events(await ada.post(f"/api/chats/{chat_id}/messages", json={"text": QUESTION}))

    assert (told[-1]["type"], told[-1]["code"]) == ("error", "engine_interrupted")
    _, answer = (await ada.get(f"/api/chats/{chat_id}")).json()["messages"]
    assert answer["interrupted"]


async def test_without_an_engine_the_passages_are_still_shown(box: Box, ada: httpx.AsyncClient) -> None:
    box.engine.pieces, box.engine.error = (), EngineUnavailableError("The language model is not ready yet. Wait.")

    told = events(await ada.post(f"/api/chats/{await chat(ada)}/messages", json={"text": QUESTION}))

    assert [event["type"] for event in told] == ["retrieved", "error"]
    assert told[0]["passages"]
    assert told[1]["code"] == "engine_unavailable"
    assert refusal(await ada.post("/api/ask", json={"text": QUESTION})) == (503, "engine_unavailable")


async def test_a_question_without_a_chat_is_answered_whole_and_not_kept(ada: httpx.AsyncClient) -> None:
    answer = (await ada.post("/api/ask", json={"text": QUESTION})).json()

    assert answer["found"]
    assert answer["answer"] == "She is allergic to fish. [1]"
    assert answer["citations"][0]["text"] == "She is allergic to fish."
    assert (answer["retrieved"], answer["fitted"], answer["dropped"]) == (1, 1, 0)
    assert (await ada.get("/api/chats")).json() == {"chats": []}


async def test_a_question_that_the_files_do_not_answer_asks_no_model(box: Box, ada: httpx.AsyncClient) -> None:
    answer = (await ada.post("/api/ask", json={"text": "Who won the world cup?"})).json()

    assert not answer["found"]
    assert answer["answer"].startswith("Nothing in your files answers this.")
    assert box.engine.asked == []


async def test_a_question_too_long_is_refused_with_the_numbers(ada: httpx.AsyncClient) -> None:
    for path in ("/api/ask", f"/api/chats/{await chat(ada)}/messages"):
        answer = await ada.post(path, json={"text": QUESTION * 200})

        assert refusal(answer) == (413, "question_too_long")
        assert any(word.isdigit() for word in answer.json()["error"]["message"].split())


async def test_an_unfit_question_is_refused(ada: httpx.AsyncClient) -> None:
    for body in ({}, {"text": ""}, {"text": "  \n"}, {"text": "a\0"}, {"text": 1}, {"text": "a", "model": "b"}):
        assert refusal(await ada.post("/api/ask", json=body)) == (422, "invalid_request"), body


@pytest.fixture
async def wire(box: Box, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The box behind a real server on a Unix socket, for what needs a connection that breaks."""
    socket = tmp_path / "box.sock"
    server = uvicorn.Server(uvicorn.Config(box.app, uds=str(socket), log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    async with httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=str(socket)),
        base_url="http://box",
        headers={"Authorization": f"Bearer {LOCAL_KEY}"},
    ) as client:
        yield client
    server.should_exit = True
    await serving


async def test_words_arrive_while_the_engine_still_speaks(
    box: Box, ada: httpx.AsyncClient, wire: httpx.AsyncClient
) -> None:
    box.engine.hangs = True

    async with wire.stream("POST", f"/api/chats/{await chat(wire)}/messages", json={"text": QUESTION}) as answer:
        lines = answer.aiter_lines()
        kinds = [json.loads(await anext(lines))["type"] for _ in range(2)]

    assert kinds == ["retrieved", "token"]


async def test_a_client_that_goes_away_stops_the_generation(
    box: Box, ada: httpx.AsyncClient, wire: httpx.AsyncClient
) -> None:
    box.engine.hangs = True
    chat_id = await chat(wire)

    async with wire.stream("POST", f"/api/chats/{chat_id}/messages", json={"text": QUESTION}) as answer:
        await anext(answer.aiter_lines())

    await asyncio.wait_for(box.engine.stopped.wait(), 10)
    owner = box.people.owner()
    assert owner is not None
    await until(lambda: len(box.chats.messages(ChatId(chat_id), owner.id)) == 2)
    _, kept = (await ada.get(f"/api/chats/{chat_id}")).json()["messages"]
    assert (kept["text"], kept["interrupted"]) == ("She is allergic to fish. [1]", True)


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


async def test_who_gives_up_waiting_for_a_whole_answer_stops_the_generation(
    box: Box, ada: httpx.AsyncClient, wire: httpx.AsyncClient
) -> None:
    box.engine.hangs = True

    with pytest.raises(httpx.ReadTimeout):
        await wire.post("/api/ask", json={"text": QUESTION}, timeout=0.5)

    await asyncio.wait_for(box.engine.stopped.wait(), 10)

"""The same doors before the real library: its parser, its indexes and its pictures keep shelves apart too."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from assistant.forgetting import OUT_OF_REACH
from assistant.identifiers import PersonId, private_shelf
from assistant.library import Library
from assistant.store import Database
from tests import pdf, scans
from tests.assistant.api.box import Box, refusal
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import at_work, library, until

QUESTION = "Under which flowerpot is the spare key?"
PAGES = ["The bins are collected on Tuesday.", "Ada keeps the spare key under the blue flowerpot."]


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Library]:
    async with at_work(library(tmp_path)) as working:
        yield working


@pytest.fixture
def box(tmp_path: Path, shelves: Library) -> Box:
    return Box(tmp_path, library=shelves, database=Database(tmp_path / "hearth.sqlite"))


async def add(box: Box, ada: httpx.AsyncClient, name: str = "secret.pdf", content: bytes = b"") -> str:
    answer = await ada.put(f"/api/documents?name={name}", content=content or pdf.written(PAGES))
    document = str(answer.json()["id"])
    owner = box.people.owner()
    assert owner is not None
    await until(lambda: box.library.documents([private_shelf(owner.id)])[0].status in {"ready", "failed"})
    return document


async def test_a_citation_names_the_very_words_of_a_page_and_its_picture_can_be_seen(box: Box) -> None:
    ada = await box.claimed()
    document = await add(box, ada)
    box.engine.pieces = ["It is under the blue flowerpot."]

    answer = (await ada.post("/api/ask", json={"text": QUESTION})).json()

    (citation,) = answer["citations"]
    place = f"/api/documents/{document}/pages/{citation['page']}"
    page = (await ada.get(place)).json()["text"]
    marks = {"start": citation["start"], "end": citation["end"], "width": 300}
    picture = await ada.get(f"{place}/picture", params=marks)
    assert (citation["file"], citation["page"], citation["text"]) == ("secret.pdf", 2, PAGES[1])
    assert page[citation["start"] : citation["end"]] == citation["text"]
    assert picture.content.startswith(b"\x89PNG")


async def test_words_on_a_scan_are_cited_and_marked_on_its_picture(box: Box) -> None:
    ada = await box.claimed()
    document = await add(box, ada, "scan.png", scans.saved([scans.page([PAGES[1]])], "PNG"))
    box.engine.pieces = ["It is under the blue flowerpot."]

    (citation,) = (await ada.post("/api/ask", json={"text": QUESTION})).json()["citations"]

    picture = f"/api/documents/{document}/pages/1/picture"
    marked = await ada.get(picture, params={"start": citation["start"], "end": citation["end"], "width": 300})
    plain = await ada.get(picture, params={"width": 300})
    assert citation["text"] == PAGES[1]
    assert plain.content.startswith(b"\x89PNG")
    assert plain.content != marked.content


async def test_a_document_says_what_of_it_could_not_be_read(box: Box) -> None:
    ada = await box.claimed()
    document = await add(box, ada, "all.zip", zipped({"note.txt": "some words", "film.mkv": "x"}))

    answer = (await ada.get("/api/documents")).json()["documents"]

    (told,) = [one for one in answer if one["id"] == document]
    assert told["status"] in {"searchable", "ready"}
    assert told["notes"] == ["“film.mkv” is of a kind that Hearth cannot read."]


async def test_another_person_reaches_it_through_no_door(box: Box) -> None:
    ada = await box.claimed()
    document = await add(box, ada)
    bob = box.other_person()
    chat = (await bob.post("/api/chats")).json()["id"]

    for path in ("", "/original", "/pages/2", "/pages/2/picture?start=0&end=9&width=300"):
        assert refusal(await bob.get(f"/api/documents/{document}{path}")) == (404, "document_not_found"), path
    assert refusal(await bob.delete(f"/api/documents/{document}")) == (404, "document_not_found")
    assert (await bob.get("/api/documents")).json() == {"documents": []}
    assert (await bob.get("/api/search", params={"q": QUESTION})).json()["passages"] == []
    assert not (await bob.post("/api/ask", json={"text": QUESTION})).json()["found"]
    assert "flowerpot" not in (await bob.post(f"/api/chats/{chat}/messages", json={"text": QUESTION})).text
    assert box.engine.asked == []
    assert (await ada.get(f"/api/documents/{document}")).status_code == 200


async def test_a_share_that_is_taken_back_takes_its_words_out_of_other_peoples_chats(box: Box) -> None:
    ada, bob = await box.claimed(), box.other_person()
    await add(box, ada)
    bins = pdf.written(["The spare bins stand by the gate."])
    own = (await bob.put("/api/documents?name=bins.pdf", content=bins)).json()
    await until(lambda: box.library.document(own["id"], [private_shelf(PersonId("bob"))]).status == "ready")
    owner = box.people.owner()
    assert owner is not None
    shelf, chat = f"/api/shelves/{private_shelf(owner.id)}", (await bob.post("/api/chats")).json()["id"]
    await ada.patch(shelf, json={"readers": ["bob"]})
    box.engine.pieces = ["It is under the blue flowerpot."]
    await bob.post(f"/api/chats/{chat}/messages", json={"text": QUESTION})
    await bob.post(f"/api/chats/{chat}/messages", json={"text": "Where do the spare bins stand, then?"})
    assert "flowerpot" in (await bob.get(f"/api/chats/{chat}")).json()["messages"][1]["text"]

    await ada.patch(shelf, json={"readers": []})

    seen = await bob.get(f"/api/chats/{chat}")
    exported = (await bob.get("/api/me/export")).content
    box.engine.asked.clear()
    await bob.post(f"/api/chats/{chat}/messages", json={"text": "Where do the spare bins stand?"})
    assert "flowerpot" not in seen.text.replace(QUESTION, "")
    assert [one["text"] for one in seen.json()["messages"]][1::2] == [OUT_OF_REACH, OUT_OF_REACH]
    assert b"blue flowerpot" not in exported
    assert "by the gate" in str(box.engine.asked)
    assert "blue flowerpot" not in str(box.engine.asked)
    await ada.patch(shelf, json={"readers": ["bob"]})
    assert "blue flowerpot" in (await bob.get(f"/api/chats/{chat}")).text


async def test_a_file_that_is_sent_again_replaces_what_it_was_and_nothing_else(box: Box) -> None:
    ada = await box.claimed()

    async def send(text: str, source: str) -> httpx.Response:
        params = {"name": "a.txt", "folder": "letters", "source": source}
        return await ada.put("/api/documents", params=params, content=text.encode())

    first = await send("The boiler stands in the cellar.", "here")
    again = await send("The boiler stands in the cellar.", "here")
    other = await send("The gate squeaks.", "there")
    changed = await send("The boiler stands in the attic.", "here")
    by_hand = await ada.put("/api/documents?name=a.txt&folder=letters", content=b"A third one.")

    names = {(one["folder"], one["name"]) for one in (await ada.get("/api/documents")).json()["documents"]}
    assert (first.status_code, again.status_code) == (201, 200)
    assert changed.json()["id"] == first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert by_hand.status_code == 201
    assert {("letters", "a.txt"), ("letters", "a (2).txt")} <= names

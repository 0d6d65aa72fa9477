"""Object authorisation: what one person keeps private, another cannot reach through any route."""

from pathlib import Path

import httpx
import pytest

from assistant.identifiers import HOUSEHOLD, DocumentId, ShelfId
from tests.assistant.api.box import LOCAL_KEY, Box, put, refusal

SECRET = "Ada keeps the spare key under the blue flowerpot."
QUESTION = "Where does Ada keeps the spare key?"


@pytest.fixture
async def ada(box: Box) -> httpx.AsyncClient:
    return await box.claimed()


@pytest.fixture
async def bob(box: Box, ada: httpx.AsyncClient) -> httpx.AsyncClient:
    return box.other_person()


@pytest.fixture
async def secret(ada: httpx.AsyncClient) -> str:
    return await put(ada, SECRET)


async def test_another_person_does_not_see_it_listed(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, secret: str
) -> None:
    assert [document["id"] for document in (await ada.get("/api/documents")).json()["documents"]] == [secret]
    assert (await bob.get("/api/documents")).json()["documents"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/original"),
        ("GET", "/pages/1"),
        ("GET", "/pages/1/picture?start=0&end=5&width=300"),
    ],
)
async def test_another_person_finds_nothing_at_its_addresses(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, secret: str, method: str, path: str
) -> None:
    answer = await bob.request(method, f"/api/documents/{secret}{path}")

    assert refusal(answer) == (404, "document_not_found")
    assert answer.json() == (await bob.request(method, f"/api/documents/never-was{path}")).json()
    assert (await ada.get(f"/api/documents/{secret}")).status_code == 200


async def test_a_shelf_that_stays_here_binds_its_own_files_and_those_that_are_gone(
    box: Box, ada: httpx.AsyncClient, secret: str
) -> None:
    shelf = (await ada.get("/api/shelves")).json()["shelves"][0]["id"]
    assert not box.shelves.are_bound(documents=[DocumentId(secret), DocumentId("gone")], shelves=[ShelfId(shelf)])

    changed = await ada.patch(f"/api/shelves/{shelf}", json={"stays_here": True})

    assert changed.json()["stays_here"] is True
    assert box.shelves.are_bound(documents=[DocumentId(secret)], shelves=[])
    assert box.shelves.are_bound(documents=[DocumentId("gone")], shelves=[])
    assert box.shelves.are_bound(documents=[], shelves=[ShelfId(shelf)])
    assert not box.shelves.are_bound(documents=[], shelves=[HOUSEHOLD])


async def test_only_who_may_change_a_shelf_says_that_it_stays_here(
    box: Box, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    shelf = (await ada.get("/api/shelves")).json()["shelves"][0]["id"]

    refused = await bob.patch(f"/api/shelves/{shelf}", json={"stays_here": True})

    assert refusal(refused) == (404, "shelf_not_found")
    assert not box.shelves.are_bound(documents=[], shelves=[ShelfId(shelf)])


async def test_another_persons_search_does_not_find_it(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, secret: str
) -> None:
    assert len((await ada.get("/api/search", params={"q": QUESTION})).json()["passages"]) == 1
    assert (await bob.get("/api/search", params={"q": QUESTION})).json()["passages"] == []


async def test_another_persons_question_is_not_answered_from_it(box: Box, bob: httpx.AsyncClient, secret: str) -> None:
    answer = (await bob.post("/api/ask", json={"text": QUESTION})).json()

    assert (answer["found"], answer["citations"], answer["retrieved"]) == (False, [], 0)
    assert box.engine.asked == []


async def test_another_persons_chat_does_not_cite_it(box: Box, bob: httpx.AsyncClient, secret: str) -> None:
    chat = (await bob.post("/api/chats")).json()["id"]

    answer = await bob.post(f"/api/chats/{chat}/messages", json={"text": QUESTION})

    assert "flowerpot" not in answer.text
    assert secret not in answer.text
    assert box.engine.asked == []


async def test_the_same_bytes_of_two_people_are_two_documents(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, secret: str
) -> None:
    copy = await put(bob, SECRET)

    assert copy != secret
    assert (await bob.delete(f"/api/documents/{copy}")).status_code == 204
    assert (await ada.get(f"/api/documents/{secret}")).status_code == 200


@pytest.mark.parametrize("shelf", ["private-bob", "", "private-*", "household' OR 1=1 --"])
async def test_nobody_names_another_shelf(ada: httpx.AsyncClient, bob: httpx.AsyncClient, shelf: str) -> None:
    answer = await ada.put("/api/documents", params={"name": "a.txt", "shelf": shelf}, content=b"planted")

    assert refusal(answer) == (404, "shelf_not_found")
    assert (await bob.get("/api/documents")).json()["documents"] == []


async def test_what_is_put_on_the_households_shelf_everybody_reads(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    document = await put(ada, "The bins are blue.", shelf="household")

    assert (await bob.get(f"/api/documents/{document}")).json()["shelf"] == "household"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/messages")])
async def test_another_person_finds_no_chat_at_its_addresses(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, method: str, path: str
) -> None:
    chat = (await ada.post("/api/chats")).json()["id"]

    answer = await bob.request(method, f"/api/chats/{chat}{path}", json={"text": "What was said?"})

    assert refusal(answer) == (404, "chat_not_found")
    assert (await bob.get("/api/chats")).json()["chats"] == []
    assert (await ada.get(f"/api/chats/{chat}")).json()["messages"] == []


async def test_another_person_cannot_end_a_session(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    (session,) = (await ada.get("/api/sessions")).json()["sessions"]

    assert refusal(await bob.delete(f"/api/sessions/{session['id']}")) == (404, "session_not_found")
    assert (await ada.get("/api/me")).status_code == 200


async def test_before_the_box_is_claimed_the_local_key_reads_the_household_alone(tmp_path: Path) -> None:
    box = Box(tmp_path)
    local = box.caller(LOCAL_KEY)
    await put(local, "The bins are blue.", shelf="household")

    answer = (await local.post("/api/ask", json={"text": "Which colour are the bins?"})).json()

    assert answer["found"]

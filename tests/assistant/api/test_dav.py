"""The network folder: files dropped from a phone or PC are read and found, and nobody looks onto another's shelf."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from assistant.dav import empties
from tests.assistant.api.box import Box
from tests.assistant.shelves import at_work, library, until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Box]:
    shelves = library(tmp_path)
    async with at_work(shelves):
        yield Box(tmp_path, shelves, shelves._database)


async def key_of(person: httpx.AsyncClient) -> str:
    return str((await person.post("/api/keys", json={"name": "phone"})).json()["secret"])


def mounted(box: Box, key: str) -> httpx.AsyncClient:
    """A file manager that sends the key as its password."""
    caller = box.caller()
    caller.headers["Authorization"] = "Basic " + base64.b64encode(f"ada:{key}".encode()).decode()
    return caller


@pytest.fixture
async def ada(house: Box) -> httpx.AsyncClient:
    return mounted(house, await key_of(await house.claimed()))


async def test_a_stranger_is_asked_for_a_password(house: Box) -> None:
    for caller in (house.caller(), mounted(house, "sk-hearth-guessed"), mounted(house, "a warm fire in winter")):
        answer = await caller.request("PROPFIND", "/dav/")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_a_file_manager_finds_the_shelves(ada: httpx.AsyncClient) -> None:
    options = await ada.request("OPTIONS", "/dav/")
    listed = await ada.request("PROPFIND", "/dav/", headers={"Depth": "1"})

    assert options.headers["DAV"] == "1, 2"
    assert listed.status_code == 207
    assert "/dav/My%20files/" in listed.text
    assert "/dav/Household/" in listed.text


async def test_what_is_dropped_is_read_and_found(house: Box, ada: httpx.AsyncClient) -> None:
    made = await ada.request("MKCOL", "/dav/My%20files/letters")
    put = await ada.put("/dav/My%20files/letters/boiler.txt", content=b"The boiler stands behind the blue door.")

    assert (made.status_code, put.status_code) == (201, 201)
    listed = await ada.request("PROPFIND", "/dav/My%20files/letters/")
    assert "boiler.txt" in listed.text
    assert (await ada.get("/dav/My%20files/letters/boiler.txt")).content == b"The boiler stands behind the blue door."
    (document,) = (await ada.get("/api/documents")).json()["documents"]
    assert (document["name"], document["folder"]) == ("boiler.txt", "letters")
    await until(lambda: house.library.document(document["id"], [document["shelf_id"]]).status.value == "ready")
    assert (await ada.get("/api/search", params={"q": "Where is the boiler?"})).json()["passages"]


async def test_a_renamed_file_is_the_same_document_and_a_changed_one_too(house: Box, ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"One.")
    (before,) = (await ada.get("/api/documents")).json()["documents"]

    moved = await ada.request(
        "MOVE", "/dav/My%20files/a.txt", headers={"Destination": "http://hearth/dav/My%20files/b.txt"}
    )
    changed = await ada.put("/dav/My%20files/b.txt", content=b"Two.")

    assert (moved.status_code, changed.status_code) == (201, 204)
    (after,) = (await ada.get("/api/documents")).json()["documents"]
    assert (after["id"], after["name"]) == (before["id"], "b.txt")
    assert (await ada.get("/dav/My%20files/a.txt")).status_code == 404


async def test_a_deleted_folder_takes_its_files_along(ada: httpx.AsyncClient) -> None:
    await ada.request("MKCOL", "/dav/My%20files/letters")
    await ada.put("/dav/My%20files/letters/a.txt", content=b"One.")
    await ada.put("/dav/My%20files/letters/b.txt", content=b"Two.")

    assert (await ada.delete("/dav/My%20files/letters")).status_code == 204

    assert (await ada.get("/api/documents")).json()["documents"] == []
    assert (await ada.request("PROPFIND", "/dav/My%20files/letters/")).status_code == 404


async def test_the_same_bytes_under_two_names_are_one_document_with_two_files(ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"The same.")
    await ada.put("/dav/My%20files/b.txt", content=b"The same.")

    assert len((await ada.get("/api/documents")).json()["documents"]) == 1
    await ada.delete("/dav/My%20files/a.txt")
    assert (await ada.get("/dav/My%20files/b.txt")).content == b"The same."
    (document,) = (await ada.get("/api/documents")).json()["documents"]
    assert document["name"] == "b.txt"
    await ada.delete("/dav/My%20files/b.txt")
    assert (await ada.get("/api/documents")).json()["documents"] == []


async def test_the_empty_file_with_which_finders_begin_is_taken_and_filled(ada: httpx.AsyncClient) -> None:
    assert (await ada.put("/dav/My%20files/new.txt", content=b"")).status_code == 201
    locked = await ada.request("LOCK", "/dav/My%20files/new.txt")
    assert (await ada.put("/dav/My%20files/new.txt", content=b"Filled.")).status_code == 204
    unlocked = await ada.request("UNLOCK", "/dav/My%20files/new.txt")

    assert locked.headers["Lock-Token"].startswith("<opaquelocktoken:")
    assert unlocked.status_code == 204
    assert (await ada.get("/dav/My%20files/new.txt")).content == b"Filled."


async def test_what_file_managers_drop_beside_files_is_not_kept(ada: httpx.AsyncClient) -> None:
    for name in ("._a.txt", ".DS_Store", "Thumbs.db", "~$letter.docx"):
        assert (await ada.put(f"/dav/My%20files/{name}", content=b"junk")).status_code == 201

    assert (await ada.get("/api/documents")).json()["documents"] == []


@pytest.mark.parametrize("method", ["PROPFIND", "GET", "PUT", "DELETE", "MKCOL", "LOCK"])
@pytest.mark.parametrize(
    "path", ["/dav/Ada/a.txt", "/dav/private-x/a.txt", "/dav/My%20files/..%2F..%2Fetc/passwd", "/dav/%2e%2e/etc/passwd"]
)
async def test_there_is_nothing_beside_the_callers_shelves(
    house: Box, ada: httpx.AsyncClient, method: str, path: str
) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"Ada's secret.")
    house.other_person()
    bob = mounted(house, await key_of(house.caller(house.sessions.open("bob"))))  # type: ignore[arg-type]

    answer = await bob.request(method, path, content=b"x" if method == "PUT" else None)

    assert answer.status_code in {404, 409}
    assert "secret" not in answer.text


async def test_another_person_neither_sees_nor_changes_a_private_shelf(house: Box, ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"Ada's secret.")
    house.other_person()
    bob = mounted(house, await key_of(house.caller(house.sessions.open("bob"))))  # type: ignore[arg-type]

    listed = await bob.request("PROPFIND", "/dav/My%20files/")
    fetched = await bob.get("/dav/My%20files/a.txt")
    copied = await bob.request(
        "COPY", "/dav/My%20files/a.txt", headers={"Destination": "http://hearth/dav/Household/a.txt"}
    )

    assert "a.txt" not in listed.text
    assert fetched.status_code == 404
    assert copied.status_code == 404
    assert (await ada.get("/dav/My%20files/a.txt")).content == b"Ada's secret."


async def test_names_in_answers_are_data(ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/%3Cb%3E%26%22.txt", content=b"One.")

    listed = await ada.request("PROPFIND", "/dav/My%20files/")

    assert "<b>" not in listed.text
    assert "&lt;b&gt;&amp;" in listed.text


async def test_a_file_that_is_emptied_and_filled_again_keeps_its_document(house: Box, ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"The boiler stands in the cellar.")
    (before,) = (await ada.get("/api/documents")).json()["documents"]

    emptied = await ada.put("/dav/My%20files/a.txt", content=b"")
    listed = await ada.request("PROPFIND", "/dav/My%20files/a.txt", headers={"Depth": "0"})
    whole = await ada.request("PROPFIND", "/dav/My%20files/")
    fetched = await ada.get("/dav/My%20files/a.txt")
    between = (await ada.get("/api/documents")).json()["documents"]
    await ada.put("/dav/My%20files/a.txt", content=b"The boiler stands in the attic.")

    assert emptied.status_code == 204
    for told in (listed, whole):
        assert "<D:getcontentlength>0</D:getcontentlength>" in told.text
        assert told.text.count("a.txt</D:href>") == 1
    assert fetched.content == b""
    assert [one["id"] for one in between] == [before["id"]]
    (after,) = (await ada.get("/api/documents")).json()["documents"]
    assert after["id"] == before["id"]
    assert (await ada.get("/dav/My%20files/a.txt")).content == b"The boiler stands in the attic."


async def test_a_file_that_stays_empty_was_emptied_on_purpose(
    ada: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(empties, "REFILL_SECONDS", -1.0)
    await ada.put("/dav/My%20files/a.txt", content=b"The boiler stands in the cellar.")
    await ada.put("/dav/My%20files/a.txt", content=b"")

    listed = await ada.request("PROPFIND", "/dav/My%20files/")

    assert "a.txt" in listed.text
    assert (await ada.get("/api/documents")).json()["documents"] == []


async def test_an_emptied_file_can_be_renamed_and_deleted(ada: httpx.AsyncClient) -> None:
    await ada.put("/dav/My%20files/a.txt", content=b"The boiler stands in the cellar.")
    await ada.put("/dav/My%20files/a.txt", content=b"")

    await ada.request("MOVE", "/dav/My%20files/a.txt", headers={"Destination": "http://hearth/dav/My%20files/b.txt"})
    moved = await ada.get("/dav/My%20files/b.txt")
    deleted = await ada.delete("/dav/My%20files/b.txt")

    assert (moved.status_code, moved.content, deleted.status_code) == (200, b"", 204)
    assert (await ada.get("/dav/My%20files/b.txt")).status_code == 404
    assert (await ada.get("/api/documents")).json()["documents"] == []

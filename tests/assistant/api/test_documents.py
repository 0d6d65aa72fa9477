"""Files go in as they are, and come out as downloads that no browser runs."""

from collections.abc import AsyncIterator

import httpx
import pytest

from assistant.library import Library
from tests.assistant.api.box import Box, put, refusal
from tests.fakes import FakeLibrary


@pytest.fixture
async def ada(box: Box) -> httpx.AsyncClient:
    return await box.claimed()


async def test_a_file_is_added_once(ada: httpx.AsyncClient) -> None:
    first = await ada.put("/api/documents?name=note.txt", content=b"The bins are blue.")
    second = await ada.put("/api/documents?name=copy.txt", content=b"The bins are blue.")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert (first.json()["name"], first.json()["shelf"], first.json()["size_bytes"]) == ("note.txt", "private", 18)


async def test_a_file_is_listed_read_and_deleted(ada: httpx.AsyncClient) -> None:
    document = await put(ada, "The bins are blue.\fThey are collected on Tuesday.")

    page = await ada.get(f"/api/documents/{document}/pages/2")
    assert page.json() == {"page": 2, "text": "They are collected on Tuesday.", "has_picture": False}

    assert (await ada.delete(f"/api/documents/{document}")).status_code == 204
    assert refusal(await ada.get(f"/api/documents/{document}")) == (404, "document_not_found")
    assert (await ada.get("/api/documents")).json() == {"documents": []}


async def test_a_page_beyond_the_last_is_not_found(ada: httpx.AsyncClient) -> None:
    document = await put(ada, "one\ftwo")

    for page in (3, 99999):
        assert refusal(await ada.get(f"/api/documents/{document}/pages/{page}")) == (404, "page_not_found")


async def test_a_page_that_is_no_number_is_refused(ada: httpx.AsyncClient) -> None:
    for page in ["0", "-1", "x", "99999999999999999999"]:
        assert refusal(await ada.get(f"/api/documents/d/pages/{page}")) == (422, "invalid_request"), page


async def test_only_a_locked_file_takes_a_password(ada: httpx.AsyncClient) -> None:
    document = await put(ada, "The bins are blue.")

    answer = await ada.post(f"/api/documents/{document}/unlock", json={"password": "a"})
    empty = await ada.post(f"/api/documents/{document}/unlock", json={"password": ""})

    assert refusal(answer) == (409, "not_locked")
    assert refusal(empty) == (422, "invalid_request")


@pytest.mark.parametrize(
    "name", ["page.html", 'a"; filename="evil.html', "Größe 日本.svg", "../../etc/passwd", "a\r\nSet-Cookie: x=1"]
)
async def test_an_original_is_a_download_whatever_its_name_promises(ada: httpx.AsyncClient, name: str) -> None:
    script = "<script>alert(1)</script>"
    document = await put(ada, script, name=name)

    answer = await ada.get(f"/api/documents/{document}/original")

    assert answer.text == script
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "set-cookie" not in answer.headers


async def test_only_pages_of_a_pdf_have_a_picture(ada: httpx.AsyncClient) -> None:
    text, pdf = await put(ada, "a", name="a.txt"), await put(ada, "b", name="b.pdf")

    picture = await ada.get(f"/api/documents/{pdf}/pages/1/picture?start=0&end=1&width=400")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert refusal(await ada.get(f"/api/documents/{text}/pages/1/picture")) == (404, "no_picture")
    for wrong in ("start=-1", "width=100000", "end=x"):
        answer = await ada.get(f"/api/documents/{pdf}/pages/1/picture?{wrong}")
        assert refusal(answer) == (422, "invalid_request")


async def test_an_upload_without_end_is_stopped_at_the_limit(box: Box, ada: httpx.AsyncClient) -> None:
    library: Library = box.library
    assert isinstance(library, FakeLibrary)
    library.limit_bytes = 1000
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100
            yield b"x" * 100

    answer = await ada.put("/api/documents?name=a.txt", content=endless())

    assert refusal(answer) == (413, "file_too_large")
    assert sent <= 1200


async def test_a_file_without_a_name_or_shelf_is_refused(ada: httpx.AsyncClient) -> None:
    elsewhere = await ada.put("/api/documents?name=a.txt&shelf=other", content=b"a")

    assert refusal(elsewhere) == (404, "shelf_not_found")
    for query in ["", "?name=", f"?name={'x' * 1001}"]:
        assert refusal(await ada.put(f"/api/documents{query}", content=b"a")) == (422, "invalid_request"), query


async def test_a_search_answers_with_passages_and_their_place(ada: httpx.AsyncClient) -> None:
    document = await put(ada, "The bins are blue.\fThe cat eats fish.")

    answer = (await ada.get("/api/search", params={"q": "cat fish", "limit": 1})).json()

    (passage,) = answer["passages"]
    text = (await ada.get(f"/api/documents/{document}/pages/{passage['page']}")).json()["text"]
    assert (passage["file"], passage["page"]) == ("note.txt", 2)
    assert text[passage["start"] : passage["end"]] == passage["text"]
    assert text[passage["best"]["start"] : passage["best"]["end"]] == passage["best"]["text"]


async def test_a_search_for_nothing_or_everything_is_refused(ada: httpx.AsyncClient) -> None:
    for query in ["", "?q=", "?q=a&limit=0", "?q=a&limit=101", f"?q={'x' * 50_001}"]:
        assert refusal(await ada.get(f"/api/search{query}")) == (422, "invalid_request"), query

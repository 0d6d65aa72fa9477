"""Every route that names a thing, tried by somebody whose thing it is not: a route that is added later is tried too."""

from typing import Any

import httpx
import pytest

from tests.assistant.api.box import PASSWORD, Box, put

NOBODYS = ("/api/disks", "/api/folders", "/api/blobs")
"""Things of the box; who may touch them is a question of the role."""
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/documents/{document_id}"): {"name": "mine.txt", "shelf": "household"},
    ("POST", "/api/documents/{document_id}/unlock"): {"password": "a guess"},
    ("POST", "/api/chats/{chat_id}/messages"): {"text": "What did Ada ask?"},
    ("PUT", "/api/people/{person_id}/role"): {"role": "child"},
    ("DELETE", "/api/people/{person_id}"): {"password": PASSWORD},
    ("PATCH", "/api/shelves/{shelf_id}"): {"name": "Mine", "readers": ["bob"]},
}


@pytest.fixture
async def things(box: Box) -> dict[str, str]:
    """One of everything, all of it Ada's."""
    ada = await box.claimed()
    shelf = (await ada.post("/api/shelves", json={"name": "Taxes"})).json()["id"]
    return {
        "document_id": await put(ada, "Ada's secret.", shelf=shelf),
        "chat_id": (await ada.post("/api/chats")).json()["id"],
        "key_id": (await ada.post("/api/keys", json={"name": "editor"})).json()["id"],
        "session_id": (await ada.get("/api/sessions")).json()["sessions"][0]["id"],
        "shelf_id": shelf,
        "person_id": (await ada.get("/api/me")).json()["id"],
        "invitation_id": (await ada.post("/api/invitations", json={})).json()["id"],
        "backup_id": (await ada.post("/api/backups", json={"passphrase": "four words of nothing"})).json()["id"],
        "download_id": "0" * 32,
        "node_id": "a" * 26,
        "engine_id": "a" * 26,
        "job_id": (await ada.post("/api/jobs", json={"text": "a secret question"})).json()["id"],
        "session": "0" * 32,
        "page": "1",
    }


def doors(box: Box) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, item in box.app.openapi()["paths"].items()
        for method in item
        if path.startswith("/api/") and "{" in path and not path.startswith(NOBODYS)
    ]


async def test_nobody_reaches_anothers_things_by_any_route(box: Box, things: dict[str, str]) -> None:
    bob = box.other_person()
    tried = doors(box)
    assert len(tried) >= 19

    for method, path in tried:
        address = path.format(**things)
        answer: httpx.Response = await bob.request(method, address, json=BODIES.get((method, path)))

        assert answer.status_code in {403, 404}, (method, path, answer.status_code, answer.text)
        assert "secret" not in answer.text.lower(), (method, path)

    owner = box.people.owner()
    assert owner is not None
    assert {document.id for document in box.library.documents([things["shelf_id"]])} == {things["document_id"]}  # type: ignore[list-item]
    assert [key.id for key in box.keys.of(owner.id)] == [things["key_id"]]
    assert len(box.sessions.of(owner.id)) == 1
    assert [one.id for one in box.invitations.open()] == [things["invitation_id"]]
    assert {shelf.name for shelf in box.shelves.of(owner)} >= {"Taxes"}

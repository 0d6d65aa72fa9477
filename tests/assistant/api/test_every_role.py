"""Every door of the API, tried by every role: each one that the description names has a rule here, or this fails."""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from assistant.api.doorman import OPEN_DOORS
from assistant.identifiers import PersonId, private_shelf
from tests.assistant.api.box import Box

OWNERS: Final = """
    GET POST /api/invitations | DELETE /api/invitations/{invitation_id}
    POST /api/people | PUT /api/people/{person_id}/role | POST /api/people/{person_id}/reset
    DELETE /api/people/{person_id}
    POST /api/folders | DELETE /api/folders/{folder_id} | POST /api/folders/{folder_id}/gone
    POST /api/backups | GET POST /api/disk-backups | GET DELETE /api/restored
    PUT DELETE /api/models | POST /api/models/downloads | GET /api/models/elsewhere | PUT /api/models/choice
    POST /api/models/downloads/{download_id}/resume | POST /api/models/downloads/{download_id}/stop
    DELETE /api/models/downloads/{download_id} | POST /api/models/unload
    POST /api/pull | POST /api/create | POST /api/copy | DELETE /api/delete | POST /api/blobs/{digest}
    GET /api/nodes | POST DELETE /api/nodes/door | POST DELETE /api/nodes/join | POST /api/nodes/knock
    POST /api/nodes/leave | PATCH DELETE /api/nodes/{node_id} | POST /api/nodes/{node_id}/models
    GET POST /api/models/sticks
    GET /api/updates/elsewhere | POST /api/updates/fetch | POST DELETE /api/nodes/update
    POST /api/nodes/{node_id}/update
    GET PUT DELETE /api/updates | GET POST /api/updates/sticks | POST /api/updates/install | POST /api/updates/restart
    POST /api/nodes/requests/{session}/approve | POST /api/nodes/requests/{session}/refuse
    POST /api/nodes/bench/run | POST DELETE /api/nodes/bench/split | POST /api/nodes/bench/link
    GET POST /api/engines | PATCH DELETE /api/engines/{engine_id}
"""
"""People, backups, watched folders, models, updates, the mesh and engines of other makes."""
ADULTS: Final = """
    POST /api/shelves | POST /api/keys
    GET /api/disks | GET /api/disks/{disk_id}/files | POST /api/disks/{disk_id}/import
"""
"""Further shelves, programs, and disks that are plugged in."""
EVERYBODYS: Final = """
    POST /api/logout | GET /api/sessions | POST /api/sessions/renew | DELETE /api/sessions/{session_id}
    GET /api/me | POST /api/me/password | DELETE /api/me/password-reset | GET /api/me/export | GET /api/people
    GET /api/shelves | PATCH DELETE /api/shelves/{shelf_id} | GET PUT /api/documents
    GET DELETE PATCH /api/documents/{document_id} | POST /api/documents/{document_id}/retry
    POST /api/documents/{document_id}/unlock
    GET /api/documents/{document_id}/original | GET /api/documents/{document_id}/pages/{page}
    GET /api/documents/{document_id}/pages/{page}/picture | GET /api/search
    GET POST /api/chats | GET DELETE /api/chats/{chat_id} | POST /api/chats/{chat_id}/messages | POST /api/ask
    GET POST /api/jobs | POST /api/jobs/{job_id}/cancel | GET /api/keys | DELETE /api/keys/{key_id}
    GET /api/models | GET /api/models/catalogue | GET /api/models/downloads | POST /api/models/load
    GET /api/folders | GET /api/backups/{backup_id}
    GET /v1/models | GET /v1/models/{model} | POST /v1/chat/completions | POST /v1/completions | POST /v1/embeddings
    GET /v1/responses/{response_id}/input_items | POST /v1/responses/{response_id}/cancel
    POST /v1/responses/input_tokens
    POST /v1/responses | GET DELETE /v1/responses/{response_id} | POST /v1/messages | POST /v1/messages/count_tokens
    POST /api/chat | POST /api/generate | POST /api/embed | POST /api/embeddings | GET /api/version | GET /api/tags
    HEAD /api/version | HEAD /api/tags
    GET /api/ps | POST /api/show | POST /api/push | HEAD /api/blobs/{digest}
"""
"""What is one's own, and what is read of the household. That it is one's own holds `test_every_door`; a backup that
is not there is not there for anybody."""
ENDLESS: Final = frozenset({"GET /api/models/downloads"})
"""They tell for as long as somebody listens."""
REFUSALS: Final = frozenset({"not_allowed", "not_the_owner", "needs_the_person"})
ROLES: Final = {"ada": "owner", "bob": "adult", "kim": "child"}
Door = tuple[str, str, dict[str, Any]]


def named(rule: str) -> list[str]:
    found = []
    for part in rule.replace("\n", "|").split("|"):
        *methods, path = part.split() or [""]
        found += [f"{method} {path}" for method in methods]
    return found


def doors(box: Box) -> list[Door]:
    return [
        (method.upper(), path, operation)
        for path, item in box.app.openapi()["paths"].items()
        for method, operation in item.items()
        if (method.upper(), path) not in OPEN_DOORS
    ]


def fitting(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """The least that a schema takes, but for patterns."""
    if "$ref" in schema:
        return fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return fitting(schema[several][0], schemas)
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", ())
            return {
                name: fitting(part, schemas) for name, part in schema.get("properties", {}).items() if name in wanted
            }
        case "array":
            return [fitting(schema["items"], schemas)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return "x" * max(1, schema.get("minLength", 1))


@pytest.fixture
async def house(box: Box) -> Box:
    """Ada owns it, Bob is an adult, Kim is a child."""
    await box.claimed()
    with box.database.transaction() as connection:
        for name in ("bob", "kim"):
            row = (name, name.title(), name, ROLES[name])
            connection.execute("INSERT INTO people VALUES (?, ?, ?, ?, 'hash', '2027-01-01')", row)
            shelf = (private_shelf(PersonId(name)), name, name)
            connection.execute("INSERT INTO shelves (id, kind, person_id, name) VALUES (?, 'private', ?, ?)", shelf)
    return box


async def tried(box: Box, person: PersonId, door: Door) -> httpx.Response:
    """What this person is told at this door, in a session of their own."""
    method, path, operation = door
    schemas = box.app.openapi()["components"]["schemas"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
    async with box.caller(box.sessions.open(person)) as caller:
        return await caller.request(
            method,
            re.sub(r"\{(\w+)\}", lambda name: "1" if name[1] == "page" else "x" * 16, path),
            json=None if body is None else fitting(body["schema"], schemas),
            params={one["name"]: fitting(one["schema"], schemas) for one in asked},
        )


def is_refused(answer: httpx.Response) -> bool:
    """Whether it is the caller who was refused, and not what the caller wished for."""
    if answer.status_code != 403:
        return False
    error = answer.json()["error"]
    # The dialect of Ollama has a sentence and no code.
    return (error["code"] in REFUSALS) if isinstance(error, dict) else "owner of this box" in error


def test_every_door_has_a_rule(box: Box) -> None:
    there = [f"{method} {path}" for method, path, _operation in doors(box)]

    assert sorted(there) == sorted([*named(OWNERS), *named(ADULTS), *named(EVERYBODYS)])


@pytest.mark.parametrize("name", list(ROLES))
async def test_every_door_is_tried_by_every_role(house: Box, name: str) -> None:
    owner = house.people.owner()
    assert owner is not None
    person = owner.id if name == "ada" else PersonId(name)
    closed = {"ada": [], "bob": named(OWNERS), "kim": [*named(OWNERS), *named(ADULTS)]}[name]

    refused = []
    for door in doors(house):
        if f"{door[0]} {door[1]}" in ENDLESS:
            continue
        answer = await tried(house, person, door)
        assert answer.status_code < 500, (door[:2], answer.text)
        if is_refused(answer):
            refused.append(f"{door[0]} {door[1]}")

    assert sorted(refused) == sorted(closed)


async def test_a_backup_is_handed_to_nobody_but_the_owner_who_made_it(house: Box) -> None:
    owner = house.people.owner()
    assert owner is not None
    async with house.caller(house.sessions.open(owner.id)) as ada:
        ticket = (await ada.post("/api/backups", json={"passphrase": "four words about nothing"})).json()["id"]

    for name in ("bob", "kim"):
        async with house.caller(house.sessions.open(PersonId(name))) as caller:
            assert (await caller.get(f"/api/backups/{ticket}")).status_code == 404

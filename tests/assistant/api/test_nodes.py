"""The mesh over the API: the owner's alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.nodes import Nodes
from tests.assistant.api.box import LOCAL_KEY, Box, refusal
from tests.assistant.api.test_keys import key_of
from tests.unix_server import unix_server

NODE = "a" * 26


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box whose mesh daemon is where the test says."""
    return Box(tmp_path, nodes=Nodes(tmp_path / "mesh.sock"))


@asynccontextmanager
async def agent(folder: Path, status: int, body: object) -> AsyncIterator[list[str]]:
    """A mesh agent that always answers the same, and the request lines that it got."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(" ".join(head.split(" ")[:2]).partition("?")[0])
        content = json.dumps(body).encode()
        length = f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{length}".encode() + content)
        await writer.drain()

    async with unix_server(folder / "mesh.sock", serve):
        yield asked


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nodes"),
        ("POST", "/api/nodes/door"),
        ("DELETE", "/api/nodes/door"),
        ("POST", f"/api/nodes/requests/{'0' * 32}/refuse"),
        ("POST", "/api/nodes/leave"),
        ("DELETE", f"/api/nodes/{NODE}"),
        ("POST", f"/api/nodes/{NODE}/models"),
        ("POST", f"/api/nodes/{NODE}/update"),
        ("POST", "/api/nodes/update"),
        ("DELETE", "/api/nodes/update"),
        ("GET", "/api/engines"),
        ("DELETE", f"/api/engines/{NODE}"),
    ],
)
async def test_nobody_but_the_owner_sees_or_changes_the_mesh(box: Box, tmp_path: Path, method: str, path: str) -> None:
    async with agent(tmp_path, 200, {"nodes": []}) as asked:
        ada = await box.claimed()
        bob, program = box.other_person(), box.caller(await key_of(ada))

        assert refusal(await box.caller().request(method, path))[0] == 401
        assert refusal(await bob.request(method, path)) == (403, "not_the_owner")
        assert refusal(await program.request(method, path)) == (403, "not_the_owner")
        assert asked == []
        assert (await ada.request(method, path)).json()["nodes"] == []
        assert (await box.caller(LOCAL_KEY).request(method, path)).status_code == 200


async def test_a_box_that_nobody_has_claimed_joins_by_its_own_terminal(box: Box, tmp_path: Path) -> None:
    async with agent(tmp_path, 200, {"joining": {}}) as asked:
        answer = await box.caller(LOCAL_KEY).post("/api/nodes/join", json={"code": "7KQ2-M4XD", "address": "10.0.0.2"})

    assert answer.status_code == 200
    assert asked == ["POST /join"]


async def test_what_the_mesh_refuses_is_told_in_its_own_sentence(box: Box, tmp_path: Path) -> None:
    sentence = "This box is in a mesh already."
    async with agent(tmp_path, 409, {"error": {"code": "own_mesh", "message": sentence}}):
        answer = await (await box.claimed()).post("/api/nodes/join", json={"code": "7KQ2-M4XD"})

    assert refusal(answer) == (409, "mesh_refused")
    assert answer.json()["error"]["message"] == sentence


async def test_without_the_mesh_daemon_the_owner_is_told_so(box: Box) -> None:
    assert refusal(await (await box.claimed()).get("/api/nodes")) == (503, "mesh_unavailable")


async def test_an_id_that_is_none_never_reaches_the_mesh(box: Box, tmp_path: Path) -> None:
    async with agent(tmp_path, 200, {}) as asked:
        answer = await (await box.claimed()).delete("/api/nodes/..%2Fleave")

    assert answer.status_code in {404, 405, 422}
    assert asked == []

"""The mesh of the fake assistant."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Body, FastAPI

MESH: dict[str, Any] = {
    "mesh_id": "m" * 26,
    "role": "home",
    "notice": "",
    "port": 7377,
    "nodes": [
        {
            "node_id": letter * 26,
            "name": name,
            "role": "worker",
            "standing": "member",
            "is_here": letter == "a",
            "is_reached": letter != "c",
            "problem": "does not answer",
        }
        for letter, name in (("a", "Study"), ("b", "A-name-of-forty-letters-without-a-blank-"), ("c", "Attic"))
    ],
    "window": {
        "code": "7KQ2-M4XD",
        "link": f"hearth-join|10.0.0.2|7377|{'f' * 64}|{'0' * 26}",
        "seconds_left": 299.0,
        "guesses_left": 3,
    },
    "window_problem": "",
    "requests": [
        {"session": "0" * 32, "name": "Cellar", "address": "10.0.0.9", "words": ["amber", "basil", "comet", "dancer"]}
    ],
    "joining": {"stage": "idle"},
    "seen": [],
    "outcomes": [],
    "splits": [
        {
            "name": "qwen3-32b",
            "state": "ready",
            "where": "this box and Attic",
            "tokens_per_second": 3.21,
            "layers": [["this box", 40], ["Attic", 25]],
        },
        {
            "name": "llama-3.3-70b",
            "state": "refused",
            "refusal": "Over this box and Attic it would write 0.4 tokens a second, and “qwen3-4b” writes 9.",
        },
    ],
    "split_notice": "“Attic”, which computed a part of the model, has gone.",
}
"""A home node whose door is open, and a box that waits behind it."""
ALONE: dict[str, Any] = {
    **MESH,
    "mesh_id": None,
    "role": None,
    "nodes": MESH["nodes"][:1],
    "window": None,
    "requests": [],
    "splits": [],
    "split_notice": "",
    "seen": [{"node_id": "h" * 26, "name": "hearth-of-ada", "address": "192.168.1.20", "port": 7377}],
}
"""A box without a mesh that sees another one."""


@dataclass
class FakeMesh:
    """What the box's mesh looks like, and for which token its door was opened."""

    seen: dict[str, Any] = field(default_factory=lambda: MESH)
    opened_for: str | None = None


def add_nodes(app: FastAPI, mesh: FakeMesh) -> None:
    """The nodes."""

    @app.get("/api/nodes")
    async def nodes() -> dict[str, Any]:
        return mesh.seen

    @app.post("/api/nodes/door")
    async def door(given: Annotated[dict[str, str] | None, Body()] = None) -> dict[str, Any]:
        mesh.opened_for = (given or {}).get("token")
        return mesh.seen

    @app.post("/api/nodes/knock")
    async def knock(given: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        link = f"https://{given['address']}/nodes?invite={'7kq2m4xd' * 3}00"
        mesh.seen = {**ALONE, "invitation": {"address": given["address"], "link": link, "seconds_left": 299.0}}
        return mesh.seen

    @app.delete("/api/nodes/join")
    async def stop() -> dict[str, Any]:
        mesh.seen = ALONE
        return ALONE

    @app.post("/api/nodes/requests/{session}/approve")
    async def approve(session: str, given: Annotated[dict[str, str], Body()]) -> dict[str, Any]:
        return {**MESH, "requests": [], "notice": f"{session} was let in as {given['role']}."}

    @app.patch("/api/nodes/{node_id}")
    async def change(node_id: str, given: Annotated[dict[str, str], Body()]) -> dict[str, Any]:
        nodes = [{**node, **(given if node["node_id"] == node_id else {})} for node in mesh.seen["nodes"]]
        mesh.seen = {**mesh.seen, "nodes": nodes}
        return mesh.seen

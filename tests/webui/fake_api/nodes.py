"""The mesh of the fake assistant."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Body, FastAPI


def node(letter: str, name: str, **given: Any) -> dict[str, Any]:
    """A member; `given` is what is special about it."""
    told = {"node_id": letter * 26, "name": name, "role": "worker", "standing": "member", "is_here": False}
    return {**told, "is_reached": True, "problem": "", **given}


def vitals(**given: Any) -> dict[str, Any]:
    """How a machine is."""
    told = {"memory_bytes": 16_600_000_000, "memory_free_bytes": 9_400_000_000, "disk_free_bytes": 210_000_000_000}
    if "graphics" in given:
        told |= {"graphics_bytes": 7_500_000_000, "graphics_free_bytes": 3_100_000_000}
    return {**told, "temperature_celsius": 47.2, **given}


def report(**given: Any) -> dict[str, Any]:
    """What a node tells of itself."""
    models = [
        {"name": "qwen3-4b", "is_loaded": True, "prefill_rate": 212.0, "decode_rate": 14.3},
        {"name": "smollm2-135m"},
    ]
    told = {"version": "0.1.0", "engine": "ready", "slots": 4, "running": 1, "waiting": 0, "models": models}
    links = {"lags": {"a" * 26: 0.0026, "b" * 26: 0.0031, "d" * 26: 0.0142}, "bandwidths": {"b" * 26: 117_500_000.0}}
    return {**told, "vitals": vitals(), **links, **given}


def outcome(name: str, predicted: float, took: float, *, ok: bool = True) -> dict[str, Any]:
    """What became of a request."""
    reason = f"Computed on {name}: about {predicted} s were predicted there, and 6.2 s on this box."
    return {"name": name, "ok": ok, "predicted_seconds": predicted, "seconds": took, "reason": reason}


MESH: dict[str, Any] = {
    "mesh_id": "m" * 26,
    "role": "home",
    "notice": "",
    "port": 7377,
    "model": "qwen3-4b",
    "nodes": [
        node("a", "Study", role="home", is_here=True, report=report(vitals=vitals(graphics="Radeon RX 7600"))),
        node(
            "b",
            "A-name-of-forty-letters-without-a-blank-",
            round_trip_ms=2.6,
            address="192.168.1.7",
            report=report(
                running=2,
                waiting=3,
                vitals=vitals(temperature_celsius=83.4, is_throttled=True, on_battery=True, battery_share=0.62),
            ),
        ),
        node("c", "Attic", is_reached=False, problem="does not answer"),
        node(
            "d",
            "Kitchen",
            round_trip_ms=14.2,
            address="fd00::17",
            unused_because="does not have this model",
            lacks_model=True,
            clock_ahead_seconds=86_400.0,
            report=report(models=[{"name": "smollm2-135m", "is_loaded": True}], engine="starting", bandwidths={}),
        ),
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
    "outcomes": [
        outcome("A-name-of-forty-letters-without-a-blank-", 2.0, 2.6),
        outcome("this box", 3.1, 2.9),
        outcome("A-name-of-forty-letters-without-a-blank-", 1.9, 0.8, ok=False),
        outcome("this box", 4.0, 4.4),
    ],
    "splits": [
        {
            "name": "qwen3-32b",
            "state": "ready",
            "where": "this box and Attic",
            "tokens_per_second": 3.21,
            "layers": [["this box", 40], ["Attic", 25]],
            "left_out": {"Kitchen": "would make it slower"},
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
    "outcomes": [],
    "splits": [],
    "split_notice": "",
    "seen": [{"node_id": "h" * 26, "name": "hearth-of-ada", "address": "192.168.1.20", "port": 7377}],
}
"""A box without a mesh that sees another one."""


def keeping(mesh: dict[str, Any], version: str) -> dict[str, Any]:
    """The same mesh whose home node keeps this update."""
    kept = {"update": {"version": version, "digest": "e" * 64, "size_bytes": 640_000_000}}
    own, *others = mesh["nodes"]
    return {**mesh, "nodes": [{**own, "report": {**own["report"], **kept}}, *others]}


def updated(mesh: dict[str, Any], node_ids: list[str]) -> dict[str, Any]:
    """The mesh in which these are being updated: the first of them fetches, the others wait."""
    going = {"version": "0.2.0", "digest": "e" * 64, "phase": "fetching", "share": 0.42}
    nodes = []
    for one in mesh["nodes"]:
        turn = {"stage": "going" if one["node_id"] == node_ids[0] else "waiting", "version": "0.2.0", "problem": ""}
        if one["node_id"] in node_ids and one.get("report"):
            told = {"updating": going} if turn["stage"] == "going" else {}
            nodes.append({**one, "update_turn": turn, "report": {**one["report"], **told}})
        else:
            nodes.append(one)
    return {**mesh, "nodes": nodes}


@dataclass
class FakeMesh:
    """What the box's mesh looks like, and for which token its door was opened."""

    seen: dict[str, Any] = field(default_factory=lambda: MESH)
    opened_for: str | None = None
    asked_to_join: dict[str, Any] = field(default_factory=dict)

    def begin_anew(self) -> None:
        """As nobody has touched it."""
        self.seen, self.opened_for, self.asked_to_join = MESH, None, {}


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

    @app.delete("/api/nodes/update")
    async def stop_updates() -> dict[str, Any]:
        waits = [one for one in mesh.seen["nodes"] if (one.get("update_turn") or {}).get("stage") == "waiting"]
        nodes = [{**one, "update_turn": None} if one in waits else one for one in mesh.seen["nodes"]]
        mesh.seen = {**mesh.seen, "nodes": nodes}
        return mesh.seen

    @app.delete("/api/nodes/{node_id}")
    async def remove(node_id: str) -> dict[str, Any]:
        mesh.seen = {**mesh.seen, "nodes": [one for one in mesh.seen["nodes"] if one["node_id"] != node_id]}
        return mesh.seen

    @app.post("/api/nodes/leave")
    async def leave() -> dict[str, Any]:
        mesh.seen = ALONE
        return ALONE

    @app.post("/api/nodes/join")
    async def join(given: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        mesh.asked_to_join = given
        mesh.seen = {**mesh.seen, "joining": {"stage": "talking"}}
        return mesh.seen

    @app.post("/api/nodes/{node_id}/models")
    async def bring(node_id: str) -> dict[str, Any]:
        brought = {"bringing": [{"digest": "d" * 64, "name": mesh.seen["model"], "share": 0.31}]}
        nodes = [
            {**one, "report": {**one["report"], **brought}} if one["node_id"] == node_id else one
            for one in mesh.seen["nodes"]
        ]
        mesh.seen = {**mesh.seen, "nodes": nodes}
        return mesh.seen

    @app.post("/api/nodes/update")
    async def update_all() -> dict[str, Any]:
        mesh.seen = updated(mesh.seen, [one["node_id"] for one in mesh.seen["nodes"] if one["role"] == "worker"])
        return mesh.seen

    @app.post("/api/nodes/{node_id}/update")
    async def update_one(node_id: str) -> dict[str, Any]:
        mesh.seen = updated(mesh.seen, [node_id])
        return mesh.seen

    @app.patch("/api/nodes/{node_id}")
    async def change(node_id: str, given: Annotated[dict[str, str], Body()]) -> dict[str, Any]:
        nodes = [{**node, **(given if node["node_id"] == node_id else {})} for node in mesh.seen["nodes"]]
        mesh.seen = {**mesh.seen, "nodes": nodes}
        return mesh.seen

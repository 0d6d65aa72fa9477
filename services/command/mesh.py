"""`hearth mesh`: the other boxes of this house, letting them in, joining them, removing them, leaving."""

import argparse
import json
import time
from typing import Any

import httpx

from services.command.local import answered, connected, node_id
from services.command.node_updates import news

POLL_SECONDS = 1.0
PORT = 7377
ROLES = {
    "worker": "computes for the others; its models can be copied",
    "storage": "computes for nobody else; its models can be copied",
    "client": "only asks, and keeps its models to itself",
}


def act_show(given: argparse.Namespace) -> int:
    """Print every node."""
    with connected(given.data) as client:
        seen = answered(client.get("/api/nodes"))
    print(json.dumps(seen, ensure_ascii=False) if given.json else "\n".join(told(seen)))
    return 0


def act_open(given: argparse.Namespace) -> int:
    """Open the door, and ask at the terminal about each newcomer until one is in or the time is over."""
    with connected(given.data) as client:
        seen = answered(client.post("/api/nodes/door"))
        door = seen["window"]
        print(f"For five minutes one box may join. On the new box: hearth mesh join {door['link'].split('|')[1]} CODE")
        print(f"  Code     {door['code']}")
        print(f"  QR code  {door['link']}")
        if given.no_wait:
            return 0
        while seen["window"] or seen["requests"]:
            for request in seen["requests"]:
                return decide(client, request)
            time.sleep(POLL_SECONDS)
            seen = answered(client.get("/api/nodes"))
        print(seen["window_problem"] or "The five minutes are over and nobody came.")
    return 1


def act_approve(given: argparse.Namespace) -> int:
    """Let in who shows these words."""
    wanted = " ".join(given.words).lower()
    with connected(given.data) as client:
        for request in answered(client.get("/api/nodes"))["requests"]:
            if " ".join(request["words"]) == wanted:
                path = f"/api/nodes/requests/{request['session']}/approve"
                answered(client.post(path, json={"role": given.role}))
                print(f"{request['name']} is a node of this mesh now.")
                return 0
    print("Nobody who waits shows these words. Do not let anybody in whose words differ.")
    return 1


def act_join(given: argparse.Namespace) -> int:
    """Join the mesh of another box, and wait for its owner."""
    address, _, port = given.address.rpartition(":") if given.address.count(":") == 1 else (given.address, "", "")
    scanned = given.address if given.address.startswith("hearth-join|") else ""
    question: dict[str, Any] = {
        "code": scanned or given.code or "",
        "address": "" if scanned else address,
        "port": int(port or PORT),
    }
    question["leaves"] = given.leave
    with connected(given.data) as client:
        joining = answered(client.post("/api/nodes/join", json=question))["joining"]
        has_told_words = False
        while joining["stage"] in {"talking", "waiting"}:
            if joining["words"] and not has_told_words:
                has_told_words = True
                print(f"Both boxes show these words:  {' '.join(joining['words'])}")
                print("Compare them on the other box, and let this one in there.", flush=True)
            time.sleep(POLL_SECONDS / 4)
            joining = answered(client.get("/api/nodes"))["joining"]
    print(f"This box is in the mesh of {joining['home_name']}." if joining["stage"] == "joined" else joining["problem"])
    return 0 if joining["stage"] == "joined" else 1


def act_rename(given: argparse.Namespace) -> int:
    """Give a node another name."""
    return _changed(given, {"name": given.new_name})


def act_role(given: argparse.Namespace) -> int:
    """Give a node another role."""
    return _changed(given, {"role": given.role})


def act_copy(given: argparse.Namespace) -> int:
    """Have a node fetch a model of this box over the mesh."""
    with connected(given.data) as client:
        to = node_id(client, given.node)
        answered(client.post(f"/api/nodes/{to}/models", json={"name": given.model or ""}))
    print("That box fetches the model now; `hearth mesh show` says how far it is.")
    return 0


def act_revoke(given: argparse.Namespace) -> int:
    """Remove a node from the mesh."""
    with connected(given.data) as client:
        gone = node_id(client, given.node)
        answered(client.delete(f"/api/nodes/{gone}"))
    print("This node is trusted no more; what ran there was cut.")
    return 0


def act_leave(given: argparse.Namespace) -> int:
    """Leave the mesh."""
    with connected(given.data) as client:
        answered(client.post("/api/nodes/leave"))
    print("This box is alone again. Its files and chats are untouched.")
    return 0


def told(seen: dict[str, Any]) -> list[str]:
    """The mesh as a person reads it, one line a node."""
    if seen["mesh_id"] is None:
        return ["This box is in no mesh. `hearth mesh open` lets a box in; `hearth mesh join` joins another one."]
    members = [node for node in seen["nodes"] if node["standing"] == "member"]
    doubled = [
        f"{node['name']} is two boxes with one identity, at {' and '.join(node['twins'])}: a stick was copied whole."
        for node in members
        if node.get("twins")
    ]
    unused = [
        f"{node['name']} is not asked with {seen['model']} now: it {node['unused_because']}."
        for node in members
        if seen.get("model") and node.get("unused_because") and node["is_reached"] and not node["is_here"]
    ]
    return [*map(_line, members), *doubled, *unused, *_brought(members), *news(seen)]


def _brought(members: list[dict[str, Any]]) -> list[str]:
    """The models that come to nodes at the owner's wish."""
    return [
        f"{one['name']} could not be copied to {node['name']}. {one['problem']}"
        if one["problem"]
        else f"{one['name']} is being copied to {node['name']}: {one['share']:.0%}"
        for node in members
        for one in (node["report"] or {}).get("bringing", ())
    ]


def decide(client: httpx.Client, request: dict[str, Any]) -> int:
    """Ask at the terminal whether and as what a newcomer is let in; 1 where it was sent away."""
    print(f"{request['name']} ({request['address']}) knows the code. It has to show these words:")
    print(f"  {' '.join(request['words'])}")
    is_same = input("Does its screen show the same? [yes/no] ").strip().lower() in {"y", "yes"}
    path = f"/api/nodes/requests/{request['session']}"
    if not is_same:
        answered(client.post(f"{path}/refuse"))
        print("It was sent away.")
        return 1
    role = _asked_role()
    answered(client.post(f"{path}/approve", json={"role": role}))
    print(f"{request['name']} is a node of this mesh now, as a {role}.")
    return 0


def _line(node: dict[str, Any]) -> str:
    report = node["report"] or {}
    here = "this box" if node["is_here"] else node["problem"] or f"{node['round_trip_ms'] or 0:.0f} ms away"
    models = ", ".join(f"{one['name']} {one['decode_rate']:.0f} tokens/s" for one in report.get("models", ()))
    busy = f"{report.get('running', 0)} of {report.get('slots', 0)} busy" if report else "not heard of yet"
    runs = report.get("version", "")
    return f"{node['node_id'][:8]}  {node['name']:<20} {node['role']:<8} {here:<22} {busy:<14} {runs:<8} {models}"


def _asked_role() -> str:
    print("What is it to be?")
    for role, meaning in ROLES.items():
        print(f"  {role:<8} {meaning}")
    while True:
        typed = input(f"[{'/'.join(ROLES)}, worker where nothing is typed] ").strip().lower() or "worker"
        found = [role for role in ROLES if role.startswith(typed)]
        if len(found) == 1:
            return found[0]


def _changed(given: argparse.Namespace, change: dict[str, str]) -> int:
    with connected(given.data) as client:
        answered(client.patch(f"/api/nodes/{node_id(client, given.node)}", json=change))
    print("Done.")
    return 0

"""`hearth status` and `hearth setup-code`: is the node well, and how is it claimed."""

import argparse
import json
from collections import Counter

from services.command.local import answered, connected, places_of
from services.device import read_device
from services.errors import NodeNotRunningError


def act(given: argparse.Namespace) -> int:
    """Print the node's health and what its library holds."""
    with connected(given.data) as client:
        health = answered(client.get("/api/health"))
        documents = answered(client.get("/api/documents"))["documents"]
        computes = answered(client.get("/api/models"))["computes"]
    counts = Counter(document["status"] for document in documents)
    name = read_device(places_of(given.data)).name
    if given.json:
        print(json.dumps({"name": name, **health, "computes": computes, "documents": dict(counts)}))
        return 0
    print(f"Name        {name}")
    print(f"Engine      {health['engine']}")
    print(f"Computes    {computes or 'not told while the engine is away'}")
    print(f"Claimed     {'yes' if health['claimed'] else 'no: `hearth setup-code` shows the code'}")
    print(f"Documents   {len(documents)}" + "".join(f", {count} {status}" for status, count in sorted(counts.items())))
    print(f"Version     {health['version']}")
    return 0


def act_setup_code(given: argparse.Namespace) -> int:
    """Print the set-up code; 1 with the reason where there is none."""
    with connected(given.data) as client:
        claimed = answered(client.get("/api/health"))["claimed"]
    if claimed:
        print("This node has an owner already, so there is no set-up code. Log in with your name and password.")
        return 1
    try:
        content = json.loads(places_of(given.data).setup_code.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = "The node has not made its set-up code yet. Try again in a moment."
        raise NodeNotRunningError(message) from error
    print(content["code"])
    return 0

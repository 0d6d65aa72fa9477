"""A second PC joins and takes load: two whole products on this machine, from the code to the answer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.test_a_node_survives import process_ids
from tests.person import Person
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

QUESTION = "When does the warranty of the boiler end?"


def until(person: Person, holds: Callable[[dict[str, Any]], Any], seconds: float = 90) -> dict[str, Any]:
    """What the page of nodes shows, once it is as wanted."""
    deadline = time.monotonic() + seconds
    seen: dict[str, Any] = {}
    while time.monotonic() < deadline:
        seen = person.client.get("/api/nodes").raise_for_status().json()
        if holds(seen):
            return seen
        time.sleep(0.1)
    raise AssertionError(seen)


def are_together(seen: dict[str, Any]) -> bool:
    members = [node for node in seen["nodes"] if node["standing"] == "member"]
    return len(members) == 2 and all(node["is_reached"] and node["report"]["engine"] == "ready" for node in members)


def command(product: Product, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "services.command", "mesh", *words, "--data", str(product.data)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)


def test_a_second_box_joins_answers_in_place_of_the_first_and_is_removed(product: Product) -> None:
    with running() as other:
        home, guest = Person(product.url), Person(other.url)
        home.claim(product.setup_code).raise_for_status()
        door = home.client.post("/api/nodes/door").raise_for_status().json()
        joining = subprocess.Popen(
            [
                *(sys.executable, "-m", "services.command", "mesh", "join", f"127.0.0.1:{door['port']}"),
                *(door["window"]["code"], "--data", str(other.data)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        (request,) = until(home, lambda seen: seen["requests"])["requests"]

        approved = command(product, "approve", *request["words"])

        assert approved.returncode == 0, approved.stderr
        told = joining.communicate(timeout=60)[0]
        assert " ".join(request["words"]) in told
        assert "This box is in the mesh of" in told
        until(home, are_together)
        assert "127.0.0.1" not in command(product, "show").stderr

        (engine,) = process_ids(product, "services.run_engine")
        os.kill(engine, signal.SIGSTOP)
        try:
            until(home, lambda seen: any(one["is_here"] and one["report"]["engine"] == "down" for one in seen["nodes"]))
            answer = home.ask(QUESTION)
        finally:
            os.kill(engine, signal.SIGCONT)

        assert not answer["computed_on"]["is_here"]
        assert answer["computed_on"]["reason"].startswith("Computed on ")
        assert answer["citations"]

        until(home, are_together)
        shelves = home.client.get("/api/shelves").raise_for_status().json()["shelves"]
        for shelf in shelves:
            home.client.patch(f"/api/shelves/{shelf['id']}", json={"stays_here": True}).raise_for_status()
        kept = home.ask(QUESTION)["computed_on"]
        assert kept["is_here"]
        assert "stays on this box" in kept["reason"]

        node_id = next(one["node_id"] for one in home.client.get("/api/nodes").json()["nodes"] if not one["is_here"])
        assert command(product, "revoke", node_id[:8]).returncode == 0
        guest.claim(other.setup_code).raise_for_status()
        assert "removed this box" in until(guest, lambda seen: seen["mesh_id"] is None)["notice"]
        assert home.ask(QUESTION)["computed_on"] is None

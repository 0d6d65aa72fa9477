"""A model larger than either box answers over both, and a smaller one in its place where that fails; both say so."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_a_node_survives import process_ids
from tests.journeys.test_two_boxes import are_together, until
from tests.mesh.network.real_node import ROOM_BYTES, large_model
from tests.person import Person
from tests.product import running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

SHIPPED = "smollm2-135m-instruct"


@pytest.fixture
def small_rooms(tmp_path: Path) -> Path:
    config = tmp_path / "small.toml"
    config.write_text(
        f"[engine]\nmemory_bytes = {ROOM_BYTES}\nquiet_seconds = 100000.0\n"
        "[mesh]\nsplit_least_tokens_per_second = 0.01\n"
    )
    return config


def joined(home: Person, guest: Person) -> None:
    """The second box comes in, as its owner and the first one's would do it."""
    door = home.client.post("/api/nodes/door").raise_for_status().json()
    asked = {"code": door["window"]["code"], "address": "127.0.0.1", "port": door["port"]}
    guest.client.post("/api/nodes/join", json=asked).raise_for_status()
    (request,) = until(home, lambda seen: seen["requests"])["requests"]
    home.client.post(f"/api/nodes/requests/{request['session']}/approve", json={}).raise_for_status()
    until(home, are_together)


def said(person: Person, model: str) -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 6, "temperature": 0}
    answer = person.client.post("/v1/chat/completions", json=body, timeout=300)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_model_larger_than_either_box_answers_over_both_and_a_smaller_one_where_that_fails(
    small_rooms: Path, tmp_path: Path
) -> None:
    with running(config=[small_rooms]) as product, running(config=[small_rooms]) as other:
        home, guest = Person(product.url), Person(other.url)
        home.claim(product.setup_code).raise_for_status()
        guest.claim(other.setup_code).raise_for_status()
        with large_model(tmp_path).open("rb") as content:
            imported = home.client.put("/api/models", params={"name": "large"}, content=content.read(), timeout=300)
        assert imported.is_success, imported.text
        joined(home, guest)
        seen = until(home, lambda seen: [one["state"] for one in seen["splits"]] == ["possible"])
        assert seen["splits"][0]["name"] == "large"

        over_both = said(home, "large")

        assert over_both["model"] == "large"
        assert over_both["choices"][0]["message"]["content"]
        place = over_both["hearth"]["computed_on"]
        assert place["name"].startswith("this box and ")
        assert "no box alone has the memory" in place["reason"]

        (mesh,) = process_ids(other, "services.run_mesh")
        os.kill(mesh, signal.SIGSTOP)
        try:
            until(home, lambda seen: any(not one["is_reached"] for one in seen["nodes"]))
            smaller = said(home, "large")
        finally:
            os.kill(mesh, signal.SIGCONT)

        assert smaller["model"] == SHIPPED
        assert smaller["choices"][0]["message"]["content"]
        reason = smaller["hearth"]["computed_on"]["reason"]
        assert reason.startswith(f"“{SHIPPED}” answered in place of “large”.")
        assert "does not answer" in reason or "has gone" in reason  # as whoever noticed first puts it

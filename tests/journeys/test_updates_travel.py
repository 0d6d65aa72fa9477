"""An update that one box has comes to another over the mesh: fetched by its own owner, or at the home node's wish."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import updates as files
from tests.journeys.test_a_node_survives import until as happens
from tests.journeys.test_two_boxes import are_together, until
from tests.journeys.test_updates import Unit, command
from tests.person import Person, refusal
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

FIRST, SECOND = (files.written(version, size_bytes=30_000_000) for version in ("9.9.8", "9.9.9"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Product, Product, Unit]]:
    """Two boxes with one maker's key; what writes the system of the second is there."""
    config = tmp_path / "updates.toml"
    config.write_text(f'[places]\nupdate_keys = "{files.keys_in(tmp_path / "keys")}"\n')
    with contextlib.ExitStack() as stack:
        # Short on purpose: a Unix socket's path may be 107 bytes long.
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True)))
        unit = stack.enter_context(contextlib.closing(Unit(data / "run" / "update.sock")))
        home, guest = (stack.enter_context(running(folder, config=[config])) for folder in (None, data))
        yield home, guest, unit


def joined(home: Product, guest: Product) -> tuple[Person, Person]:
    """The owners of both boxes, once these are one mesh."""
    one, other = Person(home.url), Person(guest.url)
    one.claim(home.setup_code).raise_for_status()
    other.claim(guest.setup_code).raise_for_status()
    door = one.client.post("/api/nodes/door").raise_for_status().json()
    place = {"address": "127.0.0.1", "port": door["port"], "code": door["window"]["code"]}
    other.client.post("/api/nodes/join", json=place).raise_for_status()
    (request,) = until(one, lambda seen: seen["requests"])["requests"]
    one.client.post(f"/api/nodes/requests/{request['session']}/approve", json={}).raise_for_status()
    until(one, are_together)
    return one, other


def other_box(seen: dict[str, Any]) -> dict[str, Any]:
    """The node that is not here."""
    node: dict[str, Any] = next(one for one in seen["nodes"] if not one["is_here"] and one["standing"] == "member")
    return node


def told(holds: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Whether the other box tells this of the update that is wished."""
    return lambda seen: (updating := (other_box(seen)["report"] or {}).get("updating")) and holds(updating)


def test_an_update_is_fetched_from_another_box_and_the_next_one_installed_at_the_home_nodes_wish(
    house: tuple[Product, Product, Unit],
) -> None:
    home, guest, unit = house
    owner, visitor = joined(home, guest)
    assert owner.client.put("/api/updates", content=FIRST).status_code == 201

    def elsewhere() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = visitor.client.get("/api/updates/elsewhere").raise_for_status().json()["updates"]
        return found

    happens("the other box hears of it", elsewhere)
    (found,) = elsewhere()
    wish = {"node": found["node_id"], "digest": found["digest"]}
    assert found["version"] == "9.9.8"
    assert visitor.client.post("/api/updates/fetch", json=wish).status_code == 202
    happens("it is fetched", lambda: visitor.client.get("/api/updates").json()["kept"])
    assert (guest.data / f"updates/{files.digest_of(FIRST)}.update").read_bytes() == FIRST
    assert elsewhere() == []
    assert refusal(visitor.client.post("/api/updates/fetch", json=wish))[:2] == (404, "not_elsewhere")
    assert unit.restarts == 0

    assert owner.client.put("/api/updates", content=SECOND).status_code == 201
    node_id = other_box(until(owner, are_together))["node_id"]
    assert refusal(visitor.client.post(f"/api/nodes/{node_id}/update"))[0] == 409
    wished = command(home, "mesh", "update", other_box(until(owner, are_together))["name"])
    assert wished.returncode == 0, wished.stderr

    until(owner, told(lambda updating: updating["phase"] == "restarting"))
    happens("the box is started anew", lambda: unit.restarts == 1)
    assert unit.state.waiting == "9.9.9"
    assert "Is being updated to 9.9.9: it starts anew." in command(home, "mesh", "show").stdout
    assert (guest.data / f"updates/{files.digest_of(SECOND)}.update").read_bytes() == SECOND

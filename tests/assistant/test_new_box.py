import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import MeshAwayError
from assistant.new_box import NewBox
from tests.assistant.shelves import until

NEIGHBOUR = {"node_id": "b", "name": "hearth-home", "address": "192.168.1.5", "port": 7377}
IDLE = {"stage": "idle", "problem": "", "problem_code": "", "home_name": "", "words": []}


class Mesh:
    """hearth-mesh as this box sees it; a knock gives an invitation."""

    def __init__(self, *seen: dict[str, Any]) -> None:
        self.told: dict[str, Any] = {
            "mesh_id": None,
            "nodes": [],
            "joining": dict(IDLE),
            "invitation": None,
            "seen": list(seen),
        }
        self.asked: list[tuple[str, str]] = []
        self.is_away = False

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        if self.is_away:
            raise MeshAwayError
        if method != "GET":
            self.asked.append((method, path))
        if (method, path) == ("POST", "/knock") and content is not None:
            self.told["joining"] = dict(IDLE)
            self.told["invitation"] = {"address": content["address"], "link": f"https://{content['address']}/nodes"}
        told: dict[str, Any] = json.loads(json.dumps(self.told))
        return told


class Box:
    """A box whose console file is looked at."""

    def __init__(self, mesh: Mesh, path: Path) -> None:
        self.mesh, self.path = mesh, path
        self.is_claimed = False

    def shown(self) -> dict[str, Any]:
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    async def shows(self, **told: Any) -> None:
        await until(lambda: self.shown() == told)


@asynccontextmanager
async def offering(mesh: Mesh, path: Path) -> AsyncIterator[Box]:
    box = Box(mesh, path)
    new = NewBox(mesh=mesh, path=path, look_seconds=0.01, after_failure_seconds=0.2)
    task = asyncio.create_task(new.offer(lambda: box.is_claimed))
    try:
        yield box
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_one_hearth_that_is_there_is_offered_with_a_code_for_its_owner(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")
        assert (tmp_path / "new-box").stat().st_mode & 0o777 == 0o640

    assert mesh.asked == [("POST", "/knock")]


@pytest.mark.parametrize(
    "seen",
    [
        (),
        (NEIGHBOUR, {**NEIGHBOUR, "node_id": "c", "name": "another"}),
        ({**NEIGHBOUR, "address": "fe80::1%eth0"},),
        ({**NEIGHBOUR, "address": "fe80::1"},),
    ],
    ids=["nobody", "two of them", "of one card", "of one link"],
)
async def test_without_one_that_a_phone_can_open_nothing_is_offered(
    tmp_path: Path, seen: tuple[dict[str, Any], ...]
) -> None:
    mesh = Mesh(*seen)
    async with offering(mesh, tmp_path / "new-box") as box:
        await asyncio.sleep(0.1)

        assert box.shown() == {}
    assert mesh.asked == []


async def test_the_words_are_shown_and_then_that_it_is_a_member(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")
        mesh.told["joining"] |= {"stage": "waiting", "home_name": "hearth-home", "words": ["amber", "basil"]}
        mesh.told["invitation"] = None
        await box.shows(home="hearth-home", words=["amber", "basil"])

        mesh.told |= {
            "mesh_id": "m",
            "nodes": [{"role": "worker", "name": "me"}, {"role": "home", "name": "hearth-home"}],
        }
        await box.shows(home="hearth-home", is_member=True)


async def test_a_refusal_can_be_read_before_it_is_offered_again(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    mesh.told["joining"] |= {"stage": "failed", "problem_code": "refused", "problem": "No.", "home_name": "hearth-home"}
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", problem="No.")
        assert mesh.asked == []

        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")


async def test_a_code_that_nobody_scanned_in_time_is_replaced(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")
        mesh.told["joining"] |= {"stage": "failed", "problem_code": "expired", "problem": "Too late."}
        mesh.told["invitation"] = None

        await until(lambda: mesh.asked == [("POST", "/knock")] * 2)


async def test_a_claimed_box_shows_nothing_and_knocks_no_more(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")
        box.is_claimed = True

        await until(lambda: mesh.asked[-1] == ("DELETE", "/join"))
        assert box.shown() == {}


async def test_without_the_mesh_nothing_is_offered_until_it_is_back(tmp_path: Path) -> None:
    mesh = Mesh(NEIGHBOUR)
    async with offering(mesh, tmp_path / "new-box") as box:
        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")
        mesh.is_away = True
        await box.shows()
        mesh.is_away = False

        await box.shows(home="hearth-home", link="https://192.168.1.5/nodes")

"""A box is updated at the wish of the home node's owner: by real daemons, over ways that break, with damaged files."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware.updates.system import UnitSystem
from tests.mesh.kept import keep
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running
from tests.mesh.network.test_updates_wished import turn, wished
from tests.mesh.network.test_versions import NEWER, updated
from tests.mesh.network.updating import RecordedSystem, assistant_beside, served
from tests.updates import STRANGER, keys_in, written

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]

SIZE_BYTES = 30 << 20


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node]:
    home, guest = (Node(tmp_path_factory.mktemp("n"), name) for name in ("alpha", "beta"))
    for node in (home, guest):
        keys_in(node.folder / "update-keys")
    return home, guest


def updating(node: Node, seen: dict[str, Any], name: str) -> dict[str, Any]:
    """What the node of this name tells of its update."""
    told: dict[str, Any] = (node.other(seen, name).get("report") or {}).get("updating") or {}
    return told


async def problem_of(home: Node, name: str = "beta") -> str:
    """What the home node's page is told in the end."""
    seen = await home.until(lambda seen: turn(home, seen, name)[0] == "failed")
    return turn(home, seen, name)[1]


async def test_an_update_comes_whole_over_a_way_that_breaks_in_the_middle(lan: Lan, node: NewNode) -> None:
    home, guest = node("alpha"), node("beta")
    content = written(size_bytes=SIZE_BYTES)
    digest = keep(home.folder / "updates", content)
    for one in (home, guest):
        keys_in(one.folder / "update-keys")
    part = guest.folder / f"updates/incoming/{digest}.part"
    async with running(home, guest), assistant_beside(guest):
        await joined(home, guest)
        lan.narrow("alpha", "60mbit")
        assert await wished(home, "beta") == ""
        await home.until(lambda seen: updating(home, seen, "beta").get("share", 0) > 0.2)

        lan.cut("alpha")
        seen = await guest.until(lambda seen: updating(guest, seen, "beta").get("waits_for"))
        assert updating(guest, seen, "beta")["waits_for"] == "“alpha” to be reached again"
        assert SIZE_BYTES // 5 < part.stat().st_size < SIZE_BYTES
        has_come, inode = part.stat().st_size, part.stat().st_ino
        lan.plug("alpha")

        await guest.until(lambda seen: not updating(guest, seen, "beta")["waits_for"])
        assert part.stat().st_ino == inode
        assert part.stat().st_size >= has_come
        assert "Hearth runs here as a program on another system" in await problem_of(home)
        assert (guest.folder / f"updates/{digest}.update").read_bytes() == content
        assert not part.exists()


async def test_a_box_installs_waits_for_what_it_computes_and_starts_anew(
    pair: tuple[Node, Node], short_folder: Path
) -> None:
    home, guest = pair
    keep(home.folder / "updates", written(size_bytes=1 << 20))
    system, works_at = RecordedSystem(), ["an answer that is being written"]
    with served(system, short_folder / "update.sock"):
        async with (
            running(home, guest),
            assistant_beside(
                guest, system=UnitSystem(short_folder / "update.sock"), busy=lambda: "".join(works_at)
            ) as updates,
        ):
            await joined(home, guest)
            assert await wished(home, "beta") == ""

            seen = await home.until(lambda seen: updating(home, seen, "beta").get("phase") == "waiting")
            assert updating(home, seen, "beta")["waits_for"] == "an answer that is being written"
            assert system.asked == ["state", "install"]
            assert (await updates.state()).waiting == "0.2.0"

            works_at.clear()
            await home.until(lambda seen: updating(home, seen, "beta").get("phase") == "restarting")
            async with asyncio.timeout(30):
                while system.asked[-1] != "restart":
                    await asyncio.sleep(0.1)
            assert system.asked == ["state", "install", "restart"]

            await updated(guest, NEWER, "0.2.0")
            await home.until(lambda seen: turn(home, seen, "beta") == ("done", ""))


async def test_a_box_that_never_comes_to_rest_is_started_anew_all_the_same(
    pair: tuple[Node, Node], short_folder: Path
) -> None:
    home, guest = pair
    keep(home.folder / "updates", written())
    system = RecordedSystem()
    with served(system, short_folder / "update.sock"):
        async with (
            running(home, guest),
            assistant_beside(
                guest, system=UnitSystem(short_folder / "update.sock"), busy=lambda: "an endless story", waited=1.0
            ),
        ):
            await joined(home, guest)
            assert await wished(home, "beta") == ""

            async with asyncio.timeout(60):
                while "restart" not in system.asked:
                    await asyncio.sleep(0.1)


async def test_a_file_that_is_damaged_on_the_home_node_is_refused_and_thrown_away(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    content = written(size_bytes=1 << 20)
    digest = keep(home.folder / "updates", content)
    with (home.folder / f"updates/{digest}.update").open("r+b") as file:
        file.seek(len(content) // 2)
        file.write(bytes([content[len(content) // 2] ^ 1]))
    async with running(home, guest), assistant_beside(guest) as updates:
        await joined(home, guest)
        assert await wished(home, "beta") == ""

        assert "its checksum is wrong" in await problem_of(home)
        assert (await updates.state()).kept is None
        assert list(updates.incoming.iterdir()) == []


async def test_a_home_node_with_another_maker_moves_nobody_to_its_system(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    keys_in(home.folder / "update-keys", STRANGER)
    content = written(key=STRANGER, size_bytes=SIZE_BYTES)
    keep(home.folder / "updates", content)
    async with running(home, guest), assistant_beside(guest) as updates:
        await joined(home, guest)
        assert await wished(home, "beta") == ""

        assert "was not signed by whoever made this box's system" in await problem_of(home)
        assert (await updates.state()).kept is None
        assert list(updates.incoming.iterdir()) == []


async def test_a_box_without_a_makers_key_takes_no_update(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    (guest.folder / "update-keys/0.pub").unlink()
    keep(home.folder / "updates", written())
    async with running(home, guest), assistant_beside(guest):
        await joined(home, guest)
        assert await wished(home, "beta") == ""

        assert "has no key of a maker" in await problem_of(home)


async def test_a_disk_that_becomes_full_is_told_and_a_second_wish_goes_on(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    content = written(size_bytes=1 << 20)
    digest = keep(home.folder / "updates", content)
    part = guest.folder / f"updates/incoming/{digest}.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")  # every write to it fails with ENOSPC
    async with running(home, guest), assistant_beside(guest) as updates:
        await joined(home, guest)
        assert await wished(home, "beta") == ""
        assert "The disk became full" in await problem_of(home)

        part.unlink()
        part.write_bytes(content[: len(content) // 2])
        assert await wished(home, "beta") == ""

        assert "Hearth runs here as a program" in await problem_of(home)
        kept = (await updates.state()).kept
        assert kept is not None
        assert kept.digest == digest


async def test_a_box_that_is_removed_in_the_middle_ends_and_keeps_nothing(lan: Lan, node: NewNode) -> None:
    home, guest = node("alpha"), node("beta")
    keep(home.folder / "updates", written(size_bytes=SIZE_BYTES))
    for one in (home, guest):
        keys_in(one.folder / "update-keys")
    async with running(home, guest), assistant_beside(guest) as updates:
        await joined(home, guest)
        lan.narrow("alpha", "60mbit")
        assert await wished(home, "beta") == ""
        seen = await home.until(lambda seen: updating(home, seen, "beta").get("share", 0) > 0.1)

        await home.ask("DELETE", f"/members/{home.other(seen, 'beta')['node_id']}")

        await guest.until(lambda seen: seen["mesh_id"] is None)
        async with asyncio.timeout(30):
            while updates.is_busy or list(updates.incoming.iterdir()):
                await asyncio.sleep(0.1)
        assert (await updates.state()).kept is None

"""A disk without any room: who belongs is decided all the same, at once, and kept as soon as there is room."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(90)]

ROOM_BYTES = 256 * 1024


@contextmanager
def small_disk(node: Node) -> Iterator[Path]:
    """A disk of its own for what the node's mesh daemon keeps; the file that can fill it."""
    folder = node.folder / "mesh"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=700", "hearth", folder], check=True)
    try:
        yield folder / "filler"
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for _ in range(ROOM_BYTES // 4096 + 1):
            file.write(bytes(4096))
    with pytest.raises(OSError, match="No space"):
        filler.with_name("more").write_bytes(bytes(4096))
    filler.with_name("more").unlink()


def process(node: Node) -> int:
    assert node.daemon is not None
    assert node.daemon.returncode is None
    return node.daemon.pid


async def test_on_a_full_disk_a_node_is_let_in_and_another_removed_and_both_hold_after_there_is_room(
    node: NewNode,
) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    with small_disk(alpha) as filler, small_disk(beta) as other_filler:
        async with running(alpha, beta, gamma):
            await joined(alpha, beta)
            daemons = [process(one) for one in (alpha, beta)]
            fill(filler)
            fill(other_filler)

            await joined(alpha, gamma)
            gamma_id = alpha.other(await alpha.seen(), "gamma")["node_id"]
            await beta.until(lambda seen: beta.other(seen, "gamma")["is_reached"])
            assert "disk of this box is full" in (await alpha.seen())["notice"]
            await alpha.ask("DELETE", f"/members/{gamma_id}")

            for one in (alpha, beta):
                await one.until(lambda seen, at=one: at.other(seen, "gamma")["standing"] == "revoked")
            await gamma.until(lambda seen: seen["mesh_id"] is None)
            assert [process(one) for one in (alpha, beta)] == daemons

            for full in (filler, other_filler):
                full.unlink()
            for one in (alpha, beta):
                await one.until(lambda seen: not seen["notice"])
                assert one.daemon is not None
                one.daemon.kill()
                await one.daemon.wait()
                await one.start()
                seen = await one.seen()
                assert one.other(seen, "gamma")["standing"] == "revoked"


async def test_a_box_whose_disk_is_full_says_so_instead_of_joining_or_opening_a_door(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    with small_disk(beta) as filler:
        async with running(alpha, beta):
            fill(filler)
            told = await beta.ask("POST", "/window")
            assert "disk of this box is full" in told["error"]["message"]

            code = (await alpha.ask("POST", "/window"))["window"]["code"]
            await beta.ask("POST", "/join", {"address": alpha.address, "port": 7377, "code": code})
            (request,) = (await alpha.until(lambda seen: seen["requests"]))["requests"]
            await beta.until(lambda seen: seen["joining"]["stage"] == "waiting")
            await alpha.ask("POST", f"/requests/{request['session']}/approve", {})

            seen = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
            assert seen["joining"]["problem_code"] == "no_room"
            filler.unlink()
            await joined(alpha, beta)

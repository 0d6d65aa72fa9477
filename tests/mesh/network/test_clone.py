"""A stick that was copied whole, device and all, and started in a second box: the page of the home node says so."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(150)]


async def test_one_identity_in_two_boxes_is_told_where_they_are_and_nothing_is_asked_of_it(
    node: NewNode, lan: Lan
) -> None:
    home, worker = node("alpha"), node("beta")
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        async with running(home, worker):
            await joined(home, worker)
            copy = Node(Path(folder), "beta", enter=lan.enter["gamma"], address=lan.addresses["gamma"], port=7377)
            shutil.copytree(worker.folder / "mesh", copy.folder / "mesh")
            assert home.other(await home.seen(), "beta")["twins"] == []

            async with running(copy):
                seen = await home.until(lambda seen: home.other(seen, "beta")["twins"])
                both = [lan.addresses["beta"], lan.addresses["gamma"]]
                assert home.other(seen, "beta")["twins"] == both
                async with assistant_of(home) as assistant, busy(assistant):
                    assert (await assistant.ask("question")).computed_on == "this box"


async def test_a_box_that_is_started_again_is_no_twin_of_itself(node: NewNode) -> None:
    home, worker = node("alpha"), node("beta")
    async with running(home, worker):
        await joined(home, worker)
        assert worker.daemon is not None
        worker.daemon.kill()
        await worker.daemon.wait()
        await worker.start()
        run = (await worker.seen())["nodes"][1]["report"]["run"]

        seen = await home.until(lambda seen: home.other(seen, "beta")["report"]["run"] == run)

        assert home.other(seen, "beta")["twins"] == []

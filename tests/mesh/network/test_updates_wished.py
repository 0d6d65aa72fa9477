"""The owner of the home node has boxes updated: who is asked, in which order, and what the home node's page is told."""

from typing import Any

import pytest

from tests.mesh.kept import keep
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running
from tests.mesh.network.test_split import called
from tests.mesh.network.test_versions import NEWER, updated
from tests.updates import keys_in, written

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node, Node]:
    """A home node that keeps version 0.2.0, and two boxes with 0.1.0."""
    return three(lambda name: Node(tmp_path_factory.mktemp("n"), name))


def three(node: NewNode) -> tuple[Node, Node, Node]:
    """See `house`; in networks of their own they keep their addresses and ports when they start anew."""
    home, beta, gamma = node("alpha"), node("beta"), node("gamma")
    for one in (home, beta, gamma):
        keys_in(one.folder / "update-keys")
    keep(home.folder / "updates", written())
    return home, beta, gamma


async def wished(home: Node, guest: str) -> str:
    """What the home node says to the wish; nothing where it takes it."""
    node_id = home.other(await home.seen(), guest)["node_id"]
    told = await home.ask("POST", f"/members/{node_id}/update")
    return str(told["error"]["message"]) if told else ""


async def tells(node: Node, phase: str = "", **told: Any) -> dict[str, Any]:
    """What a node's assistant hears as it tells how far it is with the wish of now."""
    heard = await node.ask("POST", "/updates/wish", {"failed": told.pop("failed", "")})
    if phase and heard["wish"]:
        heard = await node.ask("POST", "/updates/wish", {"digest": heard["wish"]["digest"], "phase": phase, **told})
    return dict(heard)


def turn(home: Node, seen: dict[str, Any], name: str) -> tuple[str, str]:
    """How far this box's turn is, as the home node tells it."""
    told = home.other(seen, name).get("update_turn") or {"stage": "", "problem": ""}
    return told["stage"], told["problem"]


async def test_two_boxes_are_updated_one_after_the_other(house: tuple[Node, Node, Node]) -> None:
    home, beta, gamma = house
    async with running(*house):
        for guest in (beta, gamma):
            await joined(home, guest)
        await home.until(lambda seen: home.other(seen, "gamma")["report"] and home.other(seen, "beta")["report"])

        assert await home.ask("POST", "/updates/all") is None

        seen = await home.until(lambda seen: (home.other(seen, "beta")["report"] or {})["updating"])
        going = home.other(seen, "beta")["report"]["updating"]
        assert (going["version"], going["phase"], going["problem"]) == ("0.2.0", "fetching", "")
        assert turn(home, seen, "gamma") == ("waiting", "")
        await tells(beta, "installing", share=0.5)
        await home.until(lambda seen: home.other(seen, "beta")["report"]["updating"]["share"] == 0.5)
        await tells(beta, "restarting")
        await home.until(lambda seen: home.other(seen, "beta")["report"]["updating"]["phase"] == "restarting")
        assert (await tells(gamma))["wish"] is None

        await updated(beta, NEWER, "0.2.0")

        seen = await home.until(lambda seen: turn(home, seen, "gamma")[0] == "going")
        assert turn(home, seen, "beta") == ("done", "")
        assert home.other(seen, "beta")["report"]["version"] == "0.2.0"

        await gamma.until(lambda seen: gamma.other(seen, "gamma")["report"]["updating"])
        await tells(gamma, "restarting")
        await home.until(
            lambda seen: (home.other(seen, "gamma")["report"]["updating"] or {}).get("phase") == "restarting"
        )
        await updated(gamma, "tests.mesh.network.skewed", "0")
        await tells(gamma, failed="0.2.0")

        seen = await home.until(lambda seen: turn(home, seen, "gamma")[0] == "failed")
        assert turn(home, seen, "gamma")[1] == "0.2.0 did not work there; it runs 0.1.0 again."
        assert home.other(seen, "gamma")["report"]["failed_update"] == "0.2.0"
        assert "There is no update here that is newer" in await wished(home, "beta")


async def test_an_order_goes_on_after_the_home_nodes_daemon_was_killed_in_the_middle(node: NewNode) -> None:
    home, beta, gamma = trio = three(node)
    async with running(*trio):
        for guest in (beta, gamma):
            await joined(home, guest)
        await home.until(lambda seen: home.other(seen, "gamma")["report"] and home.other(seen, "beta")["report"])
        assert await home.ask("POST", "/updates/all") is None
        await beta.until(lambda seen: beta.other(seen, "beta")["report"]["updating"])
        await tells(beta, "installing", share=0.5)
        await home.until(lambda seen: turn(home, seen, "beta")[0] == "going")

        assert home.daemon is not None
        home.daemon.kill()
        await home.daemon.wait()
        await tells(beta, "restarting")
        await updated(beta, NEWER, "0.2.0")
        assert (await tells(gamma))["wish"] is None
        await home.start()

        seen = await home.until(lambda seen: turn(home, seen, "gamma")[0] == "going")
        assert turn(home, seen, "beta") == ("done", "")
        assert (await tells(gamma, "installing"))["wish"]["version"] == "0.2.0"

        await updated(home, NEWER, "0.2.0")  # and here the home node's own update comes in between
        await tells(gamma, "restarting")
        await updated(gamma, NEWER, "0.2.0")
        seen = await home.until(lambda seen: turn(home, seen, "gamma")[0] == "done")
        assert turn(home, seen, "beta") == ("done", "")


async def test_an_order_is_stopped_for_those_that_wait_and_stays_so(node: NewNode) -> None:
    home, beta, gamma = trio = three(node)
    async with running(*trio):
        for guest in (beta, gamma):
            await joined(home, guest)
        await home.until(lambda seen: home.other(seen, "gamma")["report"] and home.other(seen, "beta")["report"])
        assert "No box waits for its turn" in (await home.ask("DELETE", "/updates/all"))["error"]["message"]
        assert "Only the home node" in (await beta.ask("DELETE", "/updates/all"))["error"]["message"]
        assert await home.ask("POST", "/updates/all") is None
        seen = await home.until(lambda seen: turn(home, seen, "beta")[0] == "going")
        assert turn(home, seen, "gamma") == ("waiting", "")

        assert await home.ask("DELETE", "/updates/all") is None

        seen = await home.seen()
        assert (turn(home, seen, "beta"), turn(home, seen, "gamma")) == (("going", ""), ("", ""))
        await beta.until(lambda seen: beta.other(seen, "beta")["report"]["updating"])
        await tells(beta, "restarting")
        await updated(home, *home.program)
        await updated(beta, NEWER, "0.2.0")
        seen = await home.until(lambda seen: turn(home, seen, "beta")[0] == "done")
        assert turn(home, seen, "gamma") == ("", "")
        assert (await tells(gamma))["wish"] is None

        (home.folder / "mesh/update-order.json").write_bytes(b'{"format": 2, "orders"')
        await updated(home, *home.program)
        await home.until(lambda seen: home.other(seen, "gamma")["is_reached"])
        assert await wished(home, "gamma") == ""


async def test_only_the_home_node_wishes_and_a_client_is_left_alone(house: tuple[Node, Node, Node]) -> None:
    home, beta, gamma = house
    keep(beta.folder / "updates", written())
    async with running(*house):
        await joined(home, beta)
        await joined(home, gamma, role="client")
        await beta.until(lambda seen: (beta.other(seen, "gamma") or {}).get("report"))

        assert "Only the home node of the mesh" in await wished(beta, "gamma")
        assert "Only the home node" in (await beta.ask("POST", "/updates/all"))["error"]["message"]
        assert "is a client: it is updated on its own page alone" in await wished(home, "gamma")
        assert "is this box" in await wished(home, "alpha")


async def test_a_member_that_says_to_be_the_home_node_is_refused_by_each_box_itself(lan: Lan, node: NewNode) -> None:
    home, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(home, beta, gamma):
        for guest in (beta, gamma):
            await joined(home, guest)

        by_member = await called(lan, "gamma", lan.addresses["beta"], str(gamma.folder / "mesh"), "wish")
        by_stranger = await called(lan, "gamma", lan.addresses["beta"], "-", "wish")
        by_home = await called(lan, "alpha", lan.addresses["beta"], str(home.folder / "mesh"), "wish")

        assert " 409 " in by_member
        assert "Only the owner of the home node can have another box updated." in by_member
        assert " 403 " in by_stranger
        assert " 204 " in by_home
        assert (await tells(beta))["wish"]["version"] == "9.9.9"


async def test_a_box_that_is_removed_in_the_middle_is_wished_nothing_any_more(house: tuple[Node, Node, Node]) -> None:
    home, beta, gamma = house
    async with running(home, beta, gamma):
        await joined(home, beta)
        assert await wished(home, "beta") == ""
        seen = await home.until(lambda seen: home.other(seen, "beta")["report"]["updating"])
        assert (await tells(beta, "fetching", share=0.2))["wish"]["version"] == "0.2.0"

        await home.ask("DELETE", f"/members/{home.other(seen, 'beta')['node_id']}")

        await beta.until(lambda seen: seen["mesh_id"] is None)
        assert (await tells(beta, "fetching", share=0.3))["wish"] is None


async def test_a_box_of_before_such_wishes_is_told_to_be_one_and_keeps_nobody_waiting(node: NewNode) -> None:
    alpha, beta, gamma = node("alpha"), node("beta", program=(NEWER, "older")), node("gamma")
    keys_in(alpha.folder / "update-keys")
    keep(alpha.folder / "updates", written())
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma)
        await alpha.until(lambda seen: alpha.other(seen, "gamma")["report"])

        await alpha.ask("POST", "/updates/all")

        seen = await alpha.until(lambda seen: turn(alpha, seen, "gamma")[0] == "going")
        assert turn(alpha, seen, "beta")[0] == "failed"
        assert "runs an older Hearth" in turn(alpha, seen, "beta")[1]

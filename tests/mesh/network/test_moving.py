"""A box moves from one mesh to another; it is in the old one until it is let into the new one."""

import pytest

from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import Node, joined, running
from tests.mesh.network.test_mesh import begun_on

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(120)]


async def knocks(guest: Node, home: Node, **told: object) -> str:
    """The session under which the guest waits behind the home node's door."""
    code = (await home.ask("POST", "/window"))["window"]["code"]
    question = {"address": home.address, "port": 7377, "code": code, **told}
    refused = await guest.ask("POST", "/join", question)
    assert "error" not in refused, refused
    (request,) = (await home.until(lambda seen: seen["requests"]))["requests"]
    return str(request["session"])


async def test_a_worker_moves_to_another_mesh_and_works_there(node: NewNode) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        old = (await beta.seen())["mesh_id"]

        session = await knocks(beta, gamma, leaves=True)
        assert (await beta.seen())["mesh_id"] == old, "until somebody lets it in it stays where it is"
        await gamma.ask("POST", f"/requests/{session}/approve", {})

        await gamma.until(lambda seen: gamma.other(seen, "beta")["is_reached"])
        seen = await beta.until(lambda seen: beta.other(seen, "gamma")["is_reached"])
        assert seen["mesh_id"] not in {None, old}
        assert [one["name"] for one in seen["nodes"] if one["standing"] == "member"] == ["gamma", "beta"]
        left = await alpha.until(lambda seen: alpha.other(seen, "beta")["standing"] == "left")
        assert not alpha.other(left, "beta")["is_reached"]
        async with assistant_of(gamma) as assistant, busy(assistant):
            answer, part = await begun_on(assistant, "beta", "[pace 0.05] question")
            assert (await answer).text == part.text
            assert part.text.startswith("beta-0")
        async with assistant_of(alpha) as assistant:
            assert (await assistant.ask("question")).text.startswith("alpha-0")


async def test_who_is_not_let_in_or_does_not_say_so_stays_where_it_is(node: NewNode) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        question = {"address": gamma.address, "port": 7377, "code": "7KQ2-M4XD"}
        assert (await beta.ask("POST", "/join", question))["error"]["code"] == "own_mesh"
        assert (await beta.ask("POST", "/knock", question))["error"]["code"] == "own_mesh"

        session = await knocks(beta, gamma, leaves=True)
        await gamma.ask("POST", f"/requests/{session}/refuse")
        seen = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
        assert seen["joining"]["problem_code"] == "refused"
        assert beta.other(seen, "alpha")["is_reached"]

        again = {**question, "address": alpha.address, "leaves": True}
        again["code"] = (await alpha.ask("POST", "/window"))["window"]["code"]
        await beta.ask("POST", "/join", again)
        seen = await beta.until(lambda seen: seen["joining"]["problem_code"] == "same_mesh")
        assert seen["role"] == "worker"


async def test_a_home_node_that_moves_dissolves_its_mesh_and_the_others_are_told(node: NewNode) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)

        session = await knocks(alpha, gamma, leaves=True)
        await gamma.ask("POST", f"/requests/{session}/approve", {"role": "client"})

        seen = await alpha.until(lambda seen: alpha.other(seen, "gamma")["is_reached"])
        assert seen["role"] == "client"
        told = await beta.until(lambda seen: seen["mesh_id"] is None)
        assert "removed this box" in told["notice"]

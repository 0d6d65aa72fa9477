"""What follows when the owner changes what a node is, while everything runs."""

import pytest

from tests.mesh.network.asking import Assistant, assistant_of, busy
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import DIGEST, Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(120)]


async def given(home: Node, other: Node, role: str) -> None:
    """The owner gives the other node this role, and both know it."""
    node_id = home.other(await home.seen(), other.name)["node_id"]
    await home.ask("POST", f"/members/{node_id}", {"role": role})
    await other.until(lambda seen: seen["role"] == role)


async def asked_directly(home: Node, other: Node) -> tuple[int, int]:
    """What the other node says to who asks it for an answer, and for its model's file."""
    node_id = home.other(await home.seen(), other.name)["node_id"]
    body = {"prompt_words": 8, "output_tokens": 4, "seed": 1, "digest": DIGEST, "node_id": node_id}
    answer = await home.agent.post("/bench/run", json=body)
    file = await home.agent.post(f"/nodes/{node_id}/models/{DIGEST}", json={"offset": 0})
    return answer.status_code, file.status_code


async def computed_on(assistant: Assistant) -> str:
    return (await assistant.ask("[pace 0.01] question")).computed_on


async def test_a_worker_that_becomes_a_client_or_storage_computes_for_nobody_and_can_be_a_worker_again(
    node: NewNode,
) -> None:
    home, other = node("alpha"), node("beta")
    async with running(home, other):
        await joined(home, other)
        async with assistant_of(home) as of_home, assistant_of(other) as of_other, busy(of_home):
            assert await computed_on(of_home) == "beta"
            assert await asked_directly(home, other) == (200, 200)

            await given(home, other, "client")
            assert await computed_on(of_home) == "this box"
            assert await asked_directly(home, other) == (409, 404)

            await given(home, other, "storage")
            assert await computed_on(of_home) == "this box"
            assert await asked_directly(home, other) == (409, 200)

            async with busy(of_other):
                assert await computed_on(of_other) in {"alpha", "this box"}, "it may ask, and answer itself"

            await given(home, other, "worker")
            assert await computed_on(of_home) == "beta"


async def test_a_box_can_be_let_in_as_a_client_and_no_role_makes_it_the_home_node(node: NewNode) -> None:
    home, other = node("alpha"), node("beta")
    async with running(home, other):
        await joined(home, other, role="client")
        node_id = home.other(await home.seen(), "beta")["node_id"]

        assert (await other.seen())["role"] == "client"
        assert (await home.agent.post(f"/members/{node_id}", json={"role": "home"})).status_code == 422
        own = (await home.seen())["nodes"][0]["node_id"]
        assert (await home.agent.post(f"/members/{own}", json={"role": "client"})).status_code == 409
        assert (await other.agent.post(f"/members/{node_id}", json={"role": "worker"})).status_code == 409

"""Links are measured by the nodes themselves, and every node tells what it found."""

from typing import Any

import pytest

from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]


async def test_a_narrow_link_is_found_out_and_told_to_everybody(node: NewNode, lan: Lan) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    lan.narrow("beta", "20mbit")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma)

        def carried(seen: dict[str, Any], one: str, other: str) -> float:
            """Megabits a second, whoever of the two has measured them."""
            nodes = {entry["name"]: entry for entry in seen["nodes"]}
            rates: list[float] = [
                (nodes[a]["report"] or {}).get("bandwidths", {}).get(nodes[b]["node_id"], 0.0)
                for a, b in ((one, other), (other, one))
            ]
            return max(rates) / 125_000

        pairs = [("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma")]
        seen = await gamma.until(lambda seen: all(carried(seen, *pair) for pair in pairs), seconds=100)

    told = {pair: carried(seen, *pair) for pair in pairs}
    assert 5 < told["alpha", "beta"] < 40, told
    assert 5 < told["beta", "gamma"] < 40, told
    assert told["alpha", "gamma"] > 80, told

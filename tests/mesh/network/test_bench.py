"""What `hearth bench` asks of real nodes: a model here and there, a link of this box and one between two others."""

import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mesh.network.node import DIGEST, Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

RUN = {"digest": DIGEST, "seed": 1, "prompt_words": 64, "output_tokens": 16}


def ids(home: Node, seen: dict[str, Any]) -> dict[str, str]:
    return {node["name"]: node["node_id"] for node in seen["nodes"]}


async def test_every_node_and_every_link_is_measured_and_a_node_that_is_gone_is_refused_with_its_reason() -> None:
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        home, beta, gamma = (Node(Path(folder) / name, name) for name in ("alpha", "beta", "gamma"))
        async with running(home, beta, gamma):
            home.agent.timeout = httpx.Timeout(120)
            await joined(home, beta)
            await joined(home, gamma)
            await beta.until(lambda seen: any(one["name"] == "gamma" and one["is_reached"] for one in seen["nodes"]))
            known = ids(home, await home.seen())

            for name in ("alpha", "beta"):
                run = await home.ask("POST", "/bench/run", {**RUN, "node_id": known[name]})
                assert run["prompt_tokens"] == 64, run
                assert min(run["prompt_seconds"], run["output_seconds"], run["output_tokens"]) > 0
            for one, other in (("alpha", "beta"), ("beta", "gamma")):
                asked = {"from_node": known[one], "node_id": known[other], "turns": 5}
                link = await home.ask("POST", "/bench/link", asked)
                assert len(link["round_trips_ms"]) == 5, link
                assert min(*link["round_trips_ms"], link["up_bits_per_second"], link["down_bits_per_second"]) > 0

            assert beta.daemon is not None
            beta.daemon.kill()
            refused = await home.ask("POST", "/bench/run", {**RUN, "node_id": known["beta"]})
            assert refused["error"]["message"] == "The node did not answer."

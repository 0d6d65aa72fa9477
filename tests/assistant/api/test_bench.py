"""Measuring the house is the owner's alone, and what it asks is bounded."""

from pathlib import Path

import pytest

from assistant.nodes import Nodes
from tests.assistant.api.box import Box, refusal
from tests.assistant.api.test_nodes import NODE, agent

RUN = {"digest": "a" * 64, "node_id": NODE}
LINK = {"from_node": NODE, "node_id": NODE}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box whose mesh daemon is where the test says."""
    return Box(tmp_path, nodes=Nodes(tmp_path / "mesh.sock"))


@pytest.mark.parametrize(("path", "asked"), [("run", RUN), ("split", {"digest": "a" * 64}), ("link", LINK)])
async def test_nobody_but_the_owner_measures(box: Box, tmp_path: Path, path: str, asked: dict[str, str]) -> None:
    async with agent(tmp_path, 200, {"seconds": 1.0}) as requests:
        ada, bob = await box.claimed(), box.other_person()

        refused = await bob.post(f"/api/nodes/bench/{path}", json=asked)
        told = await ada.post(f"/api/nodes/bench/{path}", json=asked)

    assert refused.status_code == 403
    assert told.json() == {"seconds": 1.0}
    assert requests == [f"POST /bench/{path}"]


@pytest.mark.parametrize("change", [{"output_tokens": 100_000}, {"prompt_words": 1}, {"digest": "../x"}, {"more": 1}])
async def test_what_is_asked_is_bounded(box: Box, change: dict[str, object]) -> None:
    ada = await box.claimed()

    answer = await ada.post("/api/nodes/bench/run", json={**RUN, **change})

    assert answer.status_code == 422


async def test_a_refusal_of_the_mesh_is_told_in_its_own_sentence(box: Box, tmp_path: Path) -> None:
    async with agent(tmp_path, 409, {"error": {"message": "The node did not answer."}}):
        ada = await box.claimed()

        answer = await ada.post("/api/nodes/bench/run", json=RUN)

    assert refusal(answer) == (409, "mesh_refused")
    assert answer.json()["error"]["message"] == "The node did not answer."

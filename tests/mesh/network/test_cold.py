"""A node that has to load the model first: another one is asked beside it once its first word is overdue."""

import time
from typing import Any

import pytest

from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(90)]

LOAD_SECONDS = 15.0


def asked(node: Node) -> int:
    """How many requests for an answer this node's engine has got."""
    return (node.folder / "log").read_text(errors="replace").count("/completion was asked")


def own_report(seen: dict[str, Any]) -> dict[str, Any]:
    return next(dict(one["report"]) for one in seen["nodes"] if one["is_here"])


async def test_a_cold_node_that_is_late_loses_to_a_second_one_and_is_let_go(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", load_seconds=LOAD_SECONDS)
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            before = len((await alpha.seen())["outcomes"])
            began = time.monotonic()

            answer = await assistant.ask("[pace 0.01] question")

            assert time.monotonic() - began < LOAD_SECONDS / 2
            assert answer.computed_on == "this box"
            assert answer.text.split() == [f"alpha-{number}" for number in range(8)]
            assert "beta was still loading the model" in answer.places[0].reason
            await beta.until(lambda seen: not own_report(seen)["running"], seconds=4)
            seen = await alpha.until(lambda seen: len(seen["outcomes"]) > before)
            assert [(one["name"], one["ok"]) for one in seen["outcomes"][: len(seen["outcomes"]) - before]] == [
                ("this box", True)
            ]
            assert asked(beta) == 0, "the other request was let go before a word of it was read"
            assert not alpha.other(seen, "beta")["problem"], "being slow to load is no failure"


async def test_a_cold_node_that_is_in_time_is_the_only_one_asked(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", load_seconds=0.2)
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            before = asked(alpha)

            # So long a question is not overdue before a loaded machine gets to it.
            answer = await assistant.ask("[pace 0.01]" + " question" * 300)

            assert (answer.computed_on, asked(alpha) - before) == ("beta", 0)

"""A box behind a slow cable that loses frames, such as the far end of a weak radio link."""

import asyncio

import pytest

from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import joined, running
from tests.mesh.network.test_mesh import begun_on

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(120)]

DELAY_SECONDS = 0.12
ROUND_TRIP_MS = 2 * 1000 * DELAY_SECONDS
LOSS = 0.02
WATCHED_SECONDS = 20.0
BUSY_SECONDS = 6.0
"""Whoever has waited less has no reason to send anything over that cable."""


async def test_a_box_behind_a_slow_and_lossy_cable_joins_works_is_not_preferred_and_not_taken_for_dead(
    node: NewNode, lan: Lan
) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    with lan.slow("beta", DELAY_SECONDS, LOSS):
        async with running(alpha, beta, gamma):
            await joined(alpha, beta)
            await alpha.until(lambda seen: (alpha.other(seen, "beta").get("round_trip_ms") or 0) > ROUND_TRIP_MS)
            async with assistant_of(alpha) as assistant:
                async with busy(assistant):
                    await asyncio.sleep(BUSY_SECONDS)
                    answer, _ = await begun_on(assistant, "beta", "[pace 0.05]")
                    assert (await answer).text.count("beta-") == 60

                for _ in range(int(WATCHED_SECONDS / 0.1)):
                    seen = alpha.other(await alpha.seen(), "beta")
                    assert seen["is_reached"], seen
                    await asyncio.sleep(0.1)

                await joined(alpha, gamma)
                await alpha.until(  # one that was not measured yet is taken for slower than it is
                    lambda seen: all(one["decode_rate"] for one in alpha.other(seen, "gamma")["report"]["models"])
                )
                async with busy(assistant):
                    assert (await assistant.ask("question")).computed_on == "gamma"
            moved = [one for one in (await alpha.seen())["outcomes"] if not one["ok"]]
            assert len(moved) <= 1, moved  # a handshake that is lost costs a move, and no answer

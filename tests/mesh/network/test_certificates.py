"""Certificates last a week: they are renewed while the boxes run, and a box that was away for longer comes back."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from mesh.certificates import certificate_in
from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(60)]


def pass_by(days: float, *nodes: Node) -> None:
    for one in nodes:
        (one.folder / "later").write_text(str(timedelta(days=days).total_seconds()))


async def end(*nodes: Node) -> None:
    for one in nodes:
        assert one.daemon is not None
        one.daemon.kill()
        await one.daemon.wait()


def good_until(node: Node) -> datetime:
    return certificate_in((node.folder / "mesh/mesh.crt").read_text()).not_valid_after_utc


async def renewed(nodes: tuple[Node, ...], days: float) -> None:
    """Each of them has a certificate that is good for more than half of a week at that time."""
    wanted = datetime.now(UTC) + timedelta(days=days + 4)
    async with asyncio.timeout(30):
        while min(good_until(one) for one in nodes) < wanted:
            await asyncio.sleep(0.1)


async def test_after_half_of_their_life_certificates_are_renewed_by_themselves(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)

        for days in (4.0, 8.0, 12.0):
            pass_by(days, alpha, beta)
            await renewed((alpha, beta), days)

        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])
        async with assistant_of(alpha) as assistant, busy(assistant):
            assert (await assistant.ask("question")).computed_on == "beta"


@pytest.mark.parametrize("off", ["the guest", "both"])
async def test_a_box_that_was_off_until_its_certificate_was_over_comes_back_by_itself(node: NewNode, off: str) -> None:
    alpha, beta = node("alpha"), node("beta")
    slept = (beta,) if off == "the guest" else (alpha, beta)
    async with running(alpha, beta):
        await joined(alpha, beta)
        await end(*slept)
        pass_by(10, alpha, beta)
        await asyncio.gather(*(one.start() for one in slept))

        await renewed((alpha, beta), 10)
        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])


async def test_without_the_home_node_a_box_whose_certificate_is_over_is_told_what_helps(
    node: NewNode, lan: Lan
) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma)
        await beta.until(lambda seen: beta.other(seen, "gamma")["is_reached"])
        await end(beta)
        pass_by(5, alpha, gamma)
        await renewed((alpha, gamma), 5)
        lan.cut("alpha")
        pass_by(10, alpha, beta, gamma)
        await beta.start()

        seen = await beta.until(lambda seen: "certificate" in beta.other(seen, "gamma")["problem"])

        assert "renewed as soon as the home node is reached" in beta.other(seen, "gamma")["problem"]
        lan.plug("alpha")
        await beta.until(lambda seen: beta.other(seen, "gamma")["is_reached"])

"""Boxes of different versions in one mesh: what is understood works, what is not is told until an update."""

import asyncio
import signal

import pytest

from assistant.engine.errors import EngineError
from assistant.engine.mesh import Work
from mesh.links import EVERY_SECONDS
from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.newer import STUMBLING_SECONDS
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(60)]

NEWER = "tests.mesh.network.newer"


async def updated(node: Node, *program: str) -> None:
    """The daemon ends and another version of it begins."""
    assert node.daemon is not None
    node.daemon.kill()
    await node.daemon.wait()
    node.program = program
    await node.start()


async def answers_on(asker: Node, name: str) -> None:
    # A daemon that was just started has not looked at its engine yet, and says so.
    await asker.until(lambda seen: asker.other(seen, name)["report"]["engine"] == "ready")
    async with assistant_of(asker) as assistant, busy(assistant):
        assert (await assistant.ask("question")).computed_on == name


async def test_what_a_newer_box_tells_beyond_the_known_is_left_out(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", program=(NEWER, "field"))
    async with running(alpha, beta):
        await joined(alpha, beta)

        await answers_on(alpha, "beta")


async def test_an_older_box_that_keeps_nothing_of_what_it_was_told_is_told_everything_each_time(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", program=("tests.mesh.network.forgetful",))
    async with running(alpha, beta):
        await joined(alpha, beta)
        for one, other in ((alpha, "beta"), (beta, "alpha")):
            await one.until(lambda seen, at=(one, other): at[0].other(seen, at[1])["report"]["lags"])

        for _ in range(3):
            for one, other in ((alpha, "beta"), (beta, "alpha")):
                told = one.other(await one.seen(), other)["report"]
                assert len(told["models"]) == 1
                assert len(told["lags"]) == 1
            await asyncio.sleep(EVERY_SECONDS)
        await answers_on(alpha, "beta")
        await answers_on(beta, "alpha")


async def test_a_box_that_says_what_nobody_understands_is_told_and_is_used_again_after_its_update(
    node: NewNode,
) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        await updated(beta, NEWER, "state")

        for one, other in ((alpha, "beta"), (beta, "alpha")):
            seen = await one.until(lambda seen, at=(one, other): "version" in at[0].other(seen, at[1])["problem"])
            assert one.other(seen, other)["problem"] == "speaks another version of the mesh"
        async with assistant_of(alpha) as assistant:
            assert (await assistant.ask("question")).computed_on == "this box"

        await updated(beta, "tests.mesh.network.skewed", "0")
        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])
        await answers_on(alpha, "beta")


async def test_a_box_that_answers_with_errors_for_a_while_is_used_again_without_a_restart(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        await updated(beta, NEWER, "stumbling")

        await alpha.until(lambda seen: alpha.other(seen, "beta")["problem"] == "answers with an error")

        await asyncio.sleep(STUMBLING_SECONDS)  # what it calls to say is understood meanwhile, what it answers is not
        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])
        await answers_on(alpha, "beta")


async def test_a_list_of_nodes_with_an_unknown_role_is_not_taken_and_both_sides_say_so_until_it_is_changed(
    node: NewNode,
) -> None:
    alpha, beta = node("alpha", program=(NEWER, "role")), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        beta_id = alpha.other(await alpha.seen(), "beta")["node_id"]
        await alpha.ask("POST", f"/members/{beta_id}", {"role": "client"})

        await alpha.until(lambda seen: "list of nodes" in alpha.other(seen, "beta")["problem"])
        await beta.until(lambda seen: "list of nodes" in beta.other(seen, "alpha")["problem"])

        await alpha.ask("POST", f"/members/{beta_id}", {"role": "worker"})
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])
        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])


async def test_a_box_that_joins_in_another_way_is_told_that_the_versions_differ(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", program=(NEWER, "hello"))
    async with running(alpha, beta):
        door = (await alpha.ask("POST", "/window"))["window"]

        await beta.ask("POST", "/join", {"address": alpha.address, "port": 7377, "code": door["code"]})

        seen = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
        assert seen["joining"]["problem_code"] == "version"
        assert "Update both boxes" in seen["joining"]["problem"]
        assert (await alpha.seen())["window"]["guesses_left"] == door["guesses_left"]


async def test_a_node_whose_failed_model_was_removed_there_is_tried_with_another_one(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    digest = "e" * 64
    own = beta.folder / f"models/{digest}.gguf"
    own.write_bytes(b"GGUF, the owner's")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant:
            place = await assistant.mesh.placed(Work(digest=digest, prompt_tokens=2, output_tokens=2))
            assert place.computed is not None
            assert place.computed.name == "beta"
            assert beta.engine is not None
            beta.engine.send_signal(signal.SIGSTOP)
            with pytest.raises(EngineError):
                await anext(assistant.mesh.completion(place).extend("question", {"n_predict": 2}))
        own.unlink()
        await alpha.until(lambda seen: alpha.other(seen, "beta")["problem"])
        await alpha.until(lambda seen: len(alpha.other(seen, "beta")["report"]["models"]) == 1)

        beta.engine.send_signal(signal.SIGCONT)

        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"], seconds=30)

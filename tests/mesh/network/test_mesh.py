"""Real daemons in networks of their own: they join, work for each other, and survive what a house does to them."""

import asyncio
import re
import signal
import time
from pathlib import Path

import pytest

from assistant.engine.errors import EngineError, EngineInterruptedError
from mesh.joining import KNOCK_SECONDS
from tests.mesh.conftest import AvahiFactory
from tests.mesh.network.asking import Answer, Assistant, assistant_of, begun, busy
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(90)]

DAY = 86_400.0


async def begun_on(assistant: Assistant, name: str, prompt: str) -> tuple["asyncio.Task[Answer]", Answer]:
    """A long answer that grows on this node: on a busy machine the first one may be placed elsewhere."""
    for _ in range(5):
        part = Answer()
        answer = asyncio.create_task(assistant.ask(prompt, tokens=60, into=part))
        await begun(part)
        if part.computed_on == name:
            return answer, part
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
    raise AssertionError(f"{name} was given nothing to do")


async def test_three_boxes_join_by_code_and_by_scan_and_share_a_hundred_requests(node: NewNode) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma, scan=True)
        await gamma.until(lambda seen: gamma.other(seen, "beta")["is_reached"])
        async with assistant_of(alpha) as assistant:
            answers = await asyncio.gather(*(assistant.ask(f"[pace 0.02] {number}") for number in range(100)))

        places = {name: sum(answer.computed_on == name for answer in answers) for name in ("this box", "beta", "gamma")}
        assert all(answer.text.count("-") == 8 for answer in answers)
        assert sum(places.values()) == 100
        assert min(places.values()) >= 15, places
        seen = await alpha.seen()
        assert len(seen["outcomes"]) >= 100
        assert all(one["ok"] for one in seen["outcomes"]), ([one for one in seen["outcomes"] if not one["ok"]], places)


async def test_a_worker_that_dies_before_its_first_word_costs_a_second_and_no_answer(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            answer = asyncio.create_task(assistant.ask("[read 5] [pace 0.01] question"))
            await asyncio.sleep(0.8)
            assert beta.daemon is not None
            beta.daemon.kill()
            killed = time.monotonic()
            told = await alpha.until(lambda seen: any(not one["ok"] for one in seen["outcomes"]), seconds=5)
            failover_seconds = time.monotonic() - killed
            whole = await answer

        assert whole.computed_on == "this box"
        assert whole.text.startswith("alpha-0")
        assert failover_seconds < 3
        assert [one["name"] for one in told["outcomes"] if not one["ok"]] == ["beta"]


async def test_a_worker_that_dies_after_its_first_word_is_an_explicit_error_and_is_not_retried(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            answer, part = await begun_on(assistant, "beta", "[pace 0.2]")
            assert beta.daemon is not None
            beta.daemon.kill()

            with pytest.raises(EngineInterruptedError):
                await answer

        assert part.text.startswith("beta-0")
        assert "alpha" not in part.text


@pytest.mark.parametrize("process", ["daemon", "engine"])
async def test_a_worker_that_hangs_is_given_up_whether_its_daemon_or_only_its_engine_hangs(
    node: NewNode, process: str
) -> None:
    """The second is an engine that is dead while the node's heartbeat lives."""
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            answer = asyncio.create_task(assistant.ask("[read 4] [pace 0.01]"))
            await asyncio.sleep(0.8)
            hung = getattr(beta, process)
            hung.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            await alpha.until(lambda seen: any(not one["ok"] for one in seen["outcomes"]), seconds=8)
            assert time.monotonic() - began < 5
            assert (await answer).computed_on == "this box"

            seen = await alpha.until(lambda seen: alpha.other(seen, "beta")["problem"])
            assert not alpha.other(seen, "beta")["is_reached"]
            hung.send_signal(signal.SIGCONT)
            await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])


async def test_a_pulled_cable_ends_what_runs_and_nothing_else(node: NewNode, lan: Lan) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant:
            async with busy(assistant):
                answer, _ = await begun_on(assistant, "beta", "[pace 0.2]")
                lan.cut("beta")

                with pytest.raises(EngineInterruptedError):
                    await answer
            await alpha.until(lambda seen: not alpha.other(seen, "beta")["is_reached"])
            assert (await assistant.ask("again")).computed_on == "this box"

            lan.plug("beta")
            await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])


async def test_without_the_home_node_the_others_go_on_together(node: NewNode, lan: Lan) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma)
        await beta.until(lambda seen: beta.other(seen, "gamma")["is_reached"])
        lan.cut("alpha")
        await beta.until(lambda seen: not beta.other(seen, "alpha")["is_reached"])
        async with assistant_of(beta) as assistant, busy(assistant):
            answer = await assistant.ask("question")

        assert answer.computed_on == "gamma"


async def test_a_revoked_node_is_cut_within_five_seconds_and_told_why(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(beta) as assistant, busy(assistant):
            answer, part = await begun_on(assistant, "alpha", "[pace 0.3]")
            beta_id = beta.other(await alpha.seen(), "beta")["node_id"]
            began = time.monotonic()

            await alpha.ask("DELETE", f"/members/{beta_id}")

            with pytest.raises(EngineInterruptedError):
                await answer
            assert time.monotonic() - began < 5
        seen = await beta.until(lambda seen: seen["mesh_id"] is None)
        assert "removed this box" in seen["notice"]
        assert part.text.startswith("alpha-0")


async def test_a_revoked_worker_is_cut_off_from_the_answer_that_it_computes(node: NewNode) -> None:
    """Even one that does not heed its removal and would go on."""
    alpha, beta = node("alpha"), node("beta", program=("tests.mesh.network.stubborn",))
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            answer, part = await begun_on(assistant, "beta", "[pace 0.3]")
            beta_id = beta.other(await alpha.seen(), "beta")["node_id"]
            began = time.monotonic()

            await alpha.ask("DELETE", f"/members/{beta_id}")

            with pytest.raises(EngineInterruptedError):
                await answer
            assert time.monotonic() - began < 5
            assert part.text.startswith("beta-0")


async def test_a_node_that_was_revoked_while_it_was_away_comes_back_to_closed_doors(node: NewNode, lan: Lan) -> None:
    alpha, beta, gamma = node("alpha"), node("beta"), node("gamma")
    async with running(alpha, beta, gamma):
        await joined(alpha, beta)
        await joined(alpha, gamma)
        await gamma.until(lambda seen: gamma.other(seen, "beta")["is_reached"])
        lan.cut("beta")
        beta_id = beta.other(await alpha.seen(), "beta")["node_id"]
        await alpha.ask("DELETE", f"/members/{beta_id}")
        await gamma.until(lambda seen: gamma.other(seen, "beta")["standing"] == "revoked")
        lan.cut("alpha")
        lan.plug("beta")
        await beta.until(lambda seen: not beta.other(seen, "gamma")["is_reached"])
        await asyncio.sleep(3)
        assert not gamma.other(await gamma.seen(), "beta")["is_reached"]

        lan.plug("alpha")

        await beta.until(lambda seen: seen["mesh_id"] is None)


async def test_three_wrong_codes_close_the_door_also_for_the_right_one(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        code = (await alpha.ask("POST", "/window"))["window"]["code"]
        wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
        question = {"address": alpha.address, "port": 7377}
        for _ in range(3):
            await beta.ask("POST", "/join", {**question, "code": wrong})
            seen = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
            assert seen["joining"]["problem_code"] == "wrong_code"
        assert "spent" in (await beta.ask("POST", "/join", {**question, "code": wrong}))["error"]["code"]

        await beta.ask("POST", "/join", {**question, "code": code})

        seen = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
        assert seen["joining"]["problem_code"] == "no_guesses"
        assert "three wrong codes" in (await alpha.seen())["window_problem"]


async def test_a_scanned_code_names_several_networks_and_the_newcomer_takes_the_one_it_is_on(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        scanned = (await alpha.ask("POST", "/window"))["window"]["link"]

        await beta.ask("POST", "/join", {"code": scanned.replace(alpha.address, f"192.0.2.1,{alpha.address}")})
        waits = await beta.until(lambda seen: seen["joining"]["stage"] == "waiting")

        (request,) = (await alpha.seen())["requests"]
        assert request["words"] == waits["joining"]["words"]


async def test_a_box_joins_by_a_name_that_only_it_knows_and_both_reach_each_other(
    node: NewNode, lan: Lan, short_folder: Path
) -> None:
    """Without mDNS a name says where the home node is only while it joins; the address that it stood for is kept."""
    hosts = short_folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{lan.addresses['alpha']} study.example\n")
    knowing = ("unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh")
    home = node("alpha")
    guest = Node(
        short_folder / "beta",
        "beta",
        enter=(*lan.enter["beta"], *knowing),
        address=lan.addresses["beta"],
        port=7377,
    )
    async with running(home, guest):
        await joined(home, guest, address="study.example")
        assert guest.daemon is not None
        guest.daemon.kill()
        await guest.daemon.wait()
        await guest.start()
        await guest.until(lambda seen: guest.other(seen, "alpha")["is_reached"])


async def test_a_new_box_shows_its_own_code_and_the_owner_scans_it(node: NewNode) -> None:
    """It knocks at a door that is shut, is no guess at one that is open for another, and comes in by its own token."""
    home, guest = node("alpha"), node("beta")
    async with running(home, guest):
        shown = (await guest.ask("POST", "/knock", {"address": home.address, "port": 7377}))["invitation"]
        token = re.fullmatch(rf"https://{home.address}/nodes\?invite=(\w{{26}})", shown["link"])
        assert token is not None
        door = (await home.ask("POST", "/window"))["window"]
        await asyncio.sleep(3 * KNOCK_SECONDS)
        seen = await home.seen()
        assert (seen["window"]["guesses_left"], seen["requests"]) == (door["guesses_left"], [])

        await home.ask("POST", "/window", {"token": token[1]})
        (request,) = (await home.until(lambda seen: seen["requests"]))["requests"]
        waits = await guest.until(lambda seen: seen["joining"]["stage"] == "waiting")
        assert request["words"] == waits["joining"]["words"]
        assert waits["invitation"] is None
        await home.ask("POST", f"/requests/{request['session']}/approve", {})

        await home.until(lambda seen: home.other(seen, "beta")["is_reached"])


@pytest.mark.parametrize("address", ["no box", "10.0.0.2/x", "a@b", "[fe80::1]", ""])
async def test_what_is_no_address_is_told_at_once(node: NewNode, address: str) -> None:
    guest = node("beta")
    async with running(guest):
        for path, question in (("/knock", {}), ("/join", {"code": "7KQ2-M4XD"})):
            told = await guest.ask("POST", path, {"address": address, "port": 7377, **question})

            assert "error" in told, told
        assert (await guest.seen())["joining"]["stage"] == "idle"


async def test_a_box_that_knocked_in_vain_can_be_stopped_and_says_nothing_bad(node: NewNode) -> None:
    guest = node("beta")
    async with running(guest):
        await guest.ask("POST", "/knock", {"address": "10.78.0.1", "port": 7377})
        seen = await guest.ask("DELETE", "/join")

        assert (seen["invitation"], seen["joining"]["stage"], seen["joining"]["problem"]) == (None, "idle", "")


async def test_a_stranger_with_a_mesh_of_his_own_learns_nothing_and_is_refused(node: NewNode) -> None:
    """What rogue mDNS comes to: the newcomer is led to a box that opens its door, but knows another code."""
    alpha, mallory, beta = node("alpha"), node("delta"), node("beta")
    async with running(alpha, mallory, beta):
        code = (await alpha.ask("POST", "/window"))["window"]
        await mallory.ask("POST", "/window")

        await beta.ask("POST", "/join", {"address": mallory.address, "port": 7377, "code": code["code"]})
        typed = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")
        led_astray = code["link"].replace(alpha.address, mallory.address)
        await beta.ask("POST", "/join", {"code": led_astray})
        scanned = await beta.until(lambda seen: seen["joining"]["stage"] == "failed")

        assert typed["joining"]["problem_code"] == "wrong_code"
        assert scanned["joining"]["problem_code"] == "wrong_authority"
        assert (await mallory.seen())["requests"] == []


@pytest.mark.parametrize("ahead", [-DAY, DAY])
async def test_a_clock_that_is_a_day_off_is_told_and_shuts_nobody_out(node: NewNode, ahead: float) -> None:
    alpha, beta = node("alpha"), node("beta", skew_seconds=ahead)
    async with running(alpha, beta):
        await joined(alpha, beta)

        seen = await alpha.until(lambda seen: alpha.other(seen, "beta")["clock_ahead_seconds"])

        assert alpha.other(seen, "beta")["clock_ahead_seconds"] == pytest.approx(ahead, abs=30)
        async with assistant_of(alpha) as assistant, busy(assistant):
            assert (await assistant.ask("question")).computed_on == "beta"


async def test_a_node_leaves_is_renamed_and_can_come_back(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        beta_id = beta.other(await alpha.seen(), "beta")["node_id"]
        await alpha.ask("POST", f"/members/{beta_id}", {"name": "Attic"})
        await beta.until(lambda seen: "Attic" in [one["name"] for one in seen["nodes"]])

        await beta.ask("POST", "/leave")

        left = await alpha.until(lambda seen: alpha.other(seen, "Attic")["standing"] == "left")
        assert not alpha.other(left, "Attic")["is_reached"]
        await joined(alpha, beta)


async def test_a_node_that_was_killed_remembers_its_mesh(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        for one in (alpha, beta):
            assert one.daemon is not None
            one.daemon.kill()
            await one.daemon.wait()
        await asyncio.gather(alpha.start(), beta.start())

        await alpha.until(lambda seen: alpha.other(seen, "beta")["is_reached"])
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])


async def test_a_refusal_of_the_other_engine_is_told_as_it_is_and_blames_no_node(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta")
    async with running(alpha, beta):
        await joined(alpha, beta)
        async with assistant_of(alpha) as assistant, busy(assistant):
            with pytest.raises(EngineError, match="room for 8"):
                await assistant.ask("[refuse]")
        assert beta.other(await alpha.seen(), "beta")["is_reached"]


async def test_boxes_find_each_other_by_avahi(lan: Lan, node: NewNode, short_folder: Path, avahi: AvahiFactory) -> None:
    async with (
        avahi("alpha", ("cable",), lan.enter["alpha"]) as one,
        avahi("beta", ("cable",), lan.enter["beta"]) as two,
    ):
        alpha, beta = node("alpha", bus=one), node("beta", bus=two)
        async with running(alpha, beta):
            seen = await beta.until(lambda seen: seen["seen"])

            assert [(one["name"], one["address"], one["port"]) for one in seen["seen"]] == [
                ("alpha", lan.addresses["alpha"], 7377)
            ]


def test_a_stranger_reaches_nothing_but_the_words_of_joining(node: NewNode, lan: Lan) -> None:
    async def scenario(alpha: Node) -> list[int]:
        async with running(alpha):
            await alpha.ask("POST", "/window")
            codes = []
            for path in ("/mesh/exchange", "/engine/completion", "/mesh/leave", "/mesh/renew", "/nodes", "/join/hello"):
                probe = await asyncio.create_subprocess_exec(
                    *lan.enter["beta"],
                    *("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-d", "{}"),
                    *("-H", "content-type: application/json", f"https://{alpha.address}:7377{path}"),
                    stdout=asyncio.subprocess.PIPE,
                )
                codes.append(int((await probe.communicate())[0]))
            return codes

    assert asyncio.run(scenario(node("alpha"))) == [403, 403, 403, 403, 403, 422]

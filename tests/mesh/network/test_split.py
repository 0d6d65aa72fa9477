"""A model that no node can hold runs over two, with real engines; what goes wrong on one costs the other nothing."""

import asyncio
import os
import re
import signal
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.engine.completion import LlamaCompletion
from assistant.engine.errors import EngineInterruptedError
from assistant.engine.leases import Leases
from assistant.engine.mesh import Place
from assistant.engine.watch import Patience
from tests.mesh.network.conftest import Lan
from tests.mesh.network.fake_engine import KEY
from tests.mesh.network.node import ROOT
from tests.mesh.network.real_node import RealNode, large_model
from tests.mesh.network.splitting import Asker, alone, split_in_two

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

STUBBORN = ("tests.mesh.network.stubborn",)
LONG = 400
"""Tokens of an answer that is still being written while something happens to it."""


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_model(tmp_path_factory.mktemp("large"))


async def begun(asker: Asker, place: Place) -> tuple["asyncio.Task[str]", list[str]]:
    """A long answer of which the first words have come."""
    words: list[str] = []
    answer = asyncio.create_task(asker.said(place, LONG, words))
    async with asyncio.timeout(120):
        while not words and not answer.done():
            await asyncio.sleep(0.02)
    assert not answer.done()
    return answer, words


async def until_none(node: RealNode, program: str) -> None:
    async with asyncio.timeout(60):
        while await node.processes(program):
            await asyncio.sleep(0.1)


async def small_answers(node: RealNode) -> None:
    """The model that came with the product still answers there."""
    leases = Leases(desk=node.folder / "run/engine/desk.sock", key=KEY, patience=Patience())
    try:
        async with leases.held("chat.gguf") as lease:
            completion: LlamaCompletion = lease.completion
            async with aclosing(completion.extend("Hello", {"n_predict": 2})) as pieces:
                assert [piece async for piece in pieces]
    finally:
        await leases.close()


async def called(lan: Lan, name: str, *words: str) -> str:
    """What somebody in this network gets from a node's mesh port."""
    process = await asyncio.create_subprocess_exec(
        *lan.enter[name],
        *(os.fspath(ROOT / ".venv/bin/python"), "-m", "tests.mesh.network.caller", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    return (await process.communicate())[0].decode()


async def listening(lan: Lan, name: str) -> set[str]:
    """Where anything listens in this node's network, as `address:port`."""
    process = await asyncio.create_subprocess_exec(*lan.enter[name], "ss", "-ltnH", stdout=asyncio.subprocess.PIPE)
    return {line.split()[3] for line in (await process.communicate())[0].decode().splitlines()}


async def test_a_model_that_no_node_can_hold_answers_over_two_as_it_would_on_one(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    expected, _ = await alone(large, short_folder)
    async with split_in_two(lan, short_folder, large) as (home, guest, asker):
        place = await asker.prepared()
        answer = await asker.said(place)
        (first,) = await guest.processes("ggml-rpc-server")

        assert answer == expected
        assert place.computed is not None
        assert place.computed.name == "this box and beta"
        assert re.search(r"no box alone has the memory: [\d.e+]+ tokens a second were predicted", place.computed.reason)
        (status,) = (await home.seen())["splits"]
        assert status["state"] == "ready"
        assert [name for name, layers in status["layers"] if layers] == ["this box", "beta"]

        await home.ask("DELETE", "/split")
        await until_none(guest, "ggml-rpc-server")
        await asker.said(await asker.prepared(), 1)

        (second,) = await guest.processes("ggml-rpc-server")
        assert second != first


async def test_an_rpc_server_that_is_killed_costs_its_answer_and_nothing_else(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large) as (home, guest, asker):
        answer, words = await begun(asker, await asker.prepared())
        (server,) = await guest.processes("ggml-rpc-server")

        os.kill(server, signal.SIGKILL)

        with pytest.raises(EngineInterruptedError):
            await answer
        assert words
        assert home.engine is not None
        assert home.engine.returncode is None
        seen = await home.until(lambda seen: seen["split_notice"])
        assert [one["state"] for one in seen["splits"]] != ["ready"]
        await small_answers(home)
        assert await asker.said(await asker.prepared(), 4)


async def test_a_node_that_vanishes_ends_the_answer_and_the_next_is_refused_with_the_reason(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large) as (home, guest, asker):
        answer, _ = await begun(asker, await asker.prepared())

        lan.cut("beta")

        with pytest.raises(EngineInterruptedError):
            await answer
        await home.until(lambda seen: not home.other(seen, "beta")["is_reached"])
        assert "“beta” does not answer" in (await asker.placed()).refusal
        await small_answers(home)
        await until_none(guest, "ggml-rpc-server")

        lan.plug("beta")
        assert await asker.said(await asker.prepared(), 4)


async def test_a_node_that_is_removed_ends_the_answer_at_once_even_if_it_would_go_on(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    """It never learns of its removal, so nothing ends unless the node that asks looks at its own roster."""
    async with split_in_two(lan, short_folder, large, guest_program=STUBBORN) as (home, guest, asker):
        answer, words = await begun(asker, await asker.prepared())
        beta_id = home.other(await home.seen(), "beta")["node_id"]
        began = time.monotonic()

        await home.ask("DELETE", f"/members/{beta_id}")

        with pytest.raises(EngineInterruptedError):
            await answer
        assert time.monotonic() - began < 5
        assert words
        seen = await home.until(lambda seen: seen["split_notice"])
        assert seen["split_notice"] == "“beta”, which computed a part of the model, was removed."
        await small_answers(home)
        await until_none(guest, "ggml-rpc-server")


async def test_a_second_lease_is_refused_and_bytes_without_a_lease_reach_nothing(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large) as (home, guest, asker):
        place = await asker.prepared()
        (server,) = await guest.processes("ggml-rpc-server")
        beta, member = lan.addresses["beta"], str(home.folder / "mesh")

        second = await called(lan, "alpha", beta, member, "lend")
        wrong = await called(lan, "alpha", beta, member, "wire", "a-token-that-was-guessed")
        none = await called(lan, "alpha", beta, member, "wire", "")
        stranger = await called(lan, "gamma", beta, "-", "wire", "a-token-that-was-guessed")
        over_http = await called(lan, "gamma", beta, "-", "http")

        assert '{"refused": "lends its memory to another node now"}' in second
        assert [answer.strip().removesuffix("(cut)") for answer in (wrong, none, stranger)] == ["", "", ""]
        assert "403" in over_http.splitlines()[0]
        assert await guest.processes("ggml-rpc-server") == [server]
        assert await asker.said(place, 4)


async def test_nonsense_from_the_holder_of_a_lease_costs_that_wire_and_nothing_else(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large) as (home, guest, asker):
        assert guest.daemon is not None
        assert guest.engine is not None

        told = await called(lan, "alpha", lan.addresses["beta"], str(home.folder / "mesh"), "abuse")

        assert told.startswith("heard: ")
        await until_none(guest, "ggml-rpc-server")
        assert (guest.daemon.returncode, guest.engine.returncode) == (None, None)
        await small_answers(guest)
        assert await asker.said(await asker.prepared(), 4)


async def test_nothing_of_it_can_be_reached_from_the_network_or_by_another_user(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large) as (_, _, asker):
        place = await asker.prepared()
        doors = {name: await listening(lan, name) for name in ("alpha", "beta")}

        assert doors["beta"] == {"10.78.0.2:7377"}
        (door,) = doors["alpha"] - {"10.78.0.1:7377"}
        assert door.startswith("127.0.0.1:")
        for address, port in (("10.78.0.2", "50052"), ("10.78.0.1", door.rpartition(":")[2])):
            outside = await asyncio.create_subprocess_exec(
                *lan.enter["gamma"],
                "bash",
                "-c",
                f"exec 3<>/dev/tcp/{address}/{port}",
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert await outside.wait() != 0
        another = await asyncio.create_subprocess_exec(
            *(*lan.enter["alpha"], "setpriv", "--reuid", "65534", "--clear-groups", "bash", "-c"),
            f"exec 3<>/dev/tcp/127.0.0.1/{door.rpartition(':')[2]}; timeout 20 cat <&3",
            stdout=asyncio.subprocess.PIPE,
        )
        assert (await another.communicate())[0] == b""
        assert another.returncode == 0
        assert await asker.said(place, 4)


async def test_it_is_refused_with_both_speeds_where_a_smaller_model_is_faster(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with split_in_two(lan, short_folder, large, least_tokens_per_second=1_000_000) as (_, _, asker):
        refusal = (await asker.placed()).refusal

        assert re.search(r"Over this box and beta it would write \S+ tokens a second, and “test-model” writes", refusal)

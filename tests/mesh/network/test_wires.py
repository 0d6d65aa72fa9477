"""A model over two nodes inside a WireGuard wire, as on the appliance; where there is none, mutual TLS carries it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from assistant.engine.errors import EngineInterruptedError
from tests.mesh.network.conftest import Lan
from tests.mesh.network.real_node import large_model
from tests.mesh.network.splitting import Asker, alone
from tests.mesh.network.wired_node import WiredNode, wired_in_two

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

LONG = 400
"""Tokens of an answer that is still being written while something happens to it."""


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_model(tmp_path_factory.mktemp("large"))


async def link_of(home: WiredNode, large: Path) -> str:
    """How the two are linked, as `hearth bench` tells it."""
    run = await home.ask(
        "POST", "/bench/split", {"digest": large.stem, "seed": 1, "prompt_words": 8, "output_tokens": 4}
    )
    return str(run["link"])


async def being_written(asker: Asker) -> "asyncio.Task[str]":
    """A long answer whose first words are there."""
    words: list[str] = []
    answer = asyncio.create_task(asker.said(await asker.prepared(), LONG, words))
    while not words:
        await asyncio.sleep(0.02)
    return answer


async def sent_bytes(lan: Lan, name: str, protocol: str) -> int:
    """What the node of this name has sent in connections of the mesh's port that are open now."""
    seen = await asyncio.create_subprocess_exec(
        *(*lan.enter[name], "ss", "-tinH", "dport", "=", ":7377"), stdout=asyncio.subprocess.PIPE
    )
    words = (await seen.communicate())[0].decode().split()
    return sum(int(word.removeprefix(protocol)) for word in words if word.startswith(protocol))


async def test_a_model_over_two_speaks_inside_a_wire_and_its_words_are_the_same(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    expected, _ = await alone(large, short_folder)
    async with wired_in_two(lan, short_folder, large) as (home, guest, asker):
        answer = await asker.said(await asker.prepared())
        through_the_mesh = await sent_bytes(lan, "alpha", "bytes_sent:")

        assert answer == expected
        assert await link_of(home, large) == "wireguard"
        assert len(await home.wires()) == 1
        assert await guest.wires() == []  # the other end is in the sandbox, not in the engine's network
        assert through_the_mesh < 10_000_000  # a part of the weights has gone over, and not this way

        await home.ask("DELETE", "/split")

        assert await home.wires() == []


async def test_a_box_that_vanishes_takes_its_wire_along(lan: Lan, short_folder: Path, large: Path) -> None:
    async with wired_in_two(lan, short_folder, large) as (home, guest, asker):
        answer = await being_written(asker)
        (server,) = await guest.processes("ggml-rpc-server")

        os.kill(server, signal.SIGKILL)

        with pytest.raises(EngineInterruptedError):
            await answer
        assert await asker.said(await asker.prepared(), 4)
        assert len(await home.wires()) == 1

        lan.cut("beta")

        async with asyncio.timeout(60):
            while await home.wires():
                await asyncio.sleep(0.1)


async def test_without_an_other_end_mutual_tls_carries_it(lan: Lan, short_folder: Path, large: Path) -> None:
    async with wired_in_two(lan, short_folder, large, guest_makes_wires=False) as (home, _, asker):
        assert await asker.said(await asker.prepared(), 4)

        assert await link_of(home, large) == "tls"


async def test_a_wire_that_is_cut_alone_ends_the_model_and_the_next_one_runs(
    lan: Lan, short_folder: Path, large: Path
) -> None:
    async with wired_in_two(lan, short_folder, large) as (_, guest, asker):
        answer = await being_written(asker)
        (theirs,) = await guest.makers("wireguard-go")

        os.kill(theirs, signal.SIGSTOP)  # the lease itself goes on: nothing else stands still

        async with asyncio.timeout(90):
            with pytest.raises(EngineInterruptedError):
                await answer
        os.kill(theirs, signal.SIGKILL)
        assert await asker.said(await asker.prepared(), 4)


async def test_who_makes_a_wire_may_be_killed(lan: Lan, short_folder: Path, large: Path) -> None:
    async with wired_in_two(lan, short_folder, large) as (home, _, asker):
        answer = await being_written(asker)
        (maker,) = await home.makers(Path(sys.executable).name)

        os.kill(maker, signal.SIGKILL)

        async with asyncio.timeout(30):
            with pytest.raises(EngineInterruptedError):
                await answer
        assert await asker.said(await asker.prepared(), 4)
        assert await link_of(home, large) == "wireguard"

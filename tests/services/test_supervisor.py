"""`hearth run` restarts one daemon alone, hands each only its own secrets, and stops all of them."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.supervisor.child import Child
from services.supervisor.daemons import Daemon


def daemon(module: str, *, watchdog_seconds: float = 30.0) -> Daemon:
    return Daemon(
        name=module.rsplit(".", 1)[1],
        module=module,
        told_as="A daemon under test",
        credentials=("engine.key",),
        watchdog_seconds=watchdog_seconds,
    )


@contextlib.asynccontextmanager
async def started(folder: Path, one: Daemon) -> AsyncIterator[Child]:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "engine.key").write_text("k1")
    (secrets / "local.key").write_text("k2")
    with (folder / "log").open("ab") as log_file:
        child = Child(one, arguments=[str(folder)], secrets=secrets, runtime=folder, log_file=log_file)
        task = asyncio.create_task(child.run())
        async with asyncio.timeout(20):
            await child.ready.wait()
        yield child
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def seen(folder: Path) -> list[str]:
    """What the daemon under test wrote down at each start: the credentials that it was handed."""
    return (folder / "starts").read_text().splitlines()


async def test_a_daemon_is_handed_only_the_secrets_that_it_is_listed_with(tmp_path: Path) -> None:
    async with started(tmp_path, daemon("tests.services.daemon_that_works")):
        assert seen(tmp_path) == ["engine.key"]


async def test_a_killed_daemon_is_started_again(tmp_path: Path) -> None:
    async with started(tmp_path, daemon("tests.services.daemon_that_works")) as child:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            while child.starts < 2 or not child.ready.is_set():
                await asyncio.sleep(0.02)

        assert len(seen(tmp_path)) == 2


async def test_a_daemon_that_stops_feeding_its_watchdog_says_where_it_stood_and_is_started_again(
    tmp_path: Path,
) -> None:
    async with started(tmp_path, daemon("tests.services.daemon_that_hangs", watchdog_seconds=0.4)) as child:
        async with asyncio.timeout(20):
            while child.starts < 2:
                await asyncio.sleep(0.02)

    assert "daemon_that_hangs.py" in (tmp_path / "log").read_text()


async def test_a_machine_that_stood_still_costs_no_daemon_its_life(tmp_path: Path) -> None:
    async with started(tmp_path, daemon("tests.services.daemon_that_works", watchdog_seconds=4.0)) as child:
        time.sleep(4.5)  # noqa: ASYNC251 - the supervisor itself is to stand still
        await asyncio.sleep(1.5)

        assert child.starts == 1
        assert child.pid is not None


async def test_a_word_that_comes_as_the_supervisor_looks_at_its_clock_is_heard(tmp_path: Path) -> None:
    """A daemon feeds its watchdog as often as the supervisor looks at its clock, so the two meet again and again."""
    async with started(tmp_path, daemon("tests.services.daemon_that_works", watchdog_seconds=2.0)) as child:
        child.ready.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as another:
            another.sendto(b"READY=1", str(tmp_path / "daemon_that_works.notify"))
        time.sleep(0.6)  # noqa: ASYNC251 - until the word is there and the clock has struck, both unseen

        async with asyncio.timeout(20):
            await child.ready.wait()


async def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    async with started(tmp_path, daemon("tests.services.daemon_that_works")) as child:
        pid = child.pid

    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

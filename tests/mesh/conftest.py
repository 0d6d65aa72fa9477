"""Avahi daemons for the tests: real ones, on buses of their own, that never reach a network of this machine."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from mesh.announcement import Announcement
from mesh.discovery import Discovery
from mesh.identity import NodeId, node_id_of
from mesh.settings import MeshSettings
from services import private_avahi

WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.05
AvahiFactory = Callable[..., contextlib.AbstractAsyncContextManager[str]]


def announcement(name: str, digit: str) -> Announcement:
    """A node whose fingerprint is one digit over and over."""
    fingerprint = digit * 64
    return Announcement(node_id=NodeId(node_id_of(fingerprint)), name=name, fingerprint=fingerprint)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`; the test fails where it does not come true in time."""
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        if condition():
            return
        await asyncio.sleep(LOOK_SECONDS)
    pytest.fail(f"It did not come true in {WAIT_SECONDS:.0f} s")


@contextlib.asynccontextmanager
async def discovering(said: Announcement, bus: str, most_peers: int = 64) -> AsyncIterator[Discovery]:
    """A node's discovery at work on the Avahi behind `bus`."""
    discovery = Discovery(
        said, port=443, settings=MeshSettings(bus_address=bus, most_peers=most_peers), first_pause_seconds=0.1
    )
    running = asyncio.create_task(discovery.run())
    try:
        yield discovery
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a Unix socket's name."""
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        yield Path(folder)


@pytest.fixture
def root() -> None:
    """Skips the test where this process may not make namespaces."""
    if os.geteuid() != 0:
        pytest.skip("A network of the test's own takes root")


@pytest.fixture
def avahi(root: None, short_folder: Path) -> AvahiFactory:
    """Starts an Avahi that speaks on the loopback alone."""

    @contextlib.asynccontextmanager
    async def start(
        host_name: str = "box", interfaces: tuple[str, ...] = ("lo",), within: tuple[str, ...] = ()
    ) -> AsyncIterator[str]:
        folder = short_folder / host_name
        with (short_folder / f"{host_name}.log").open("ab") as log_file:
            async with private_avahi.started(
                folder, log_file, host_name=host_name, interfaces=interfaces, within=within
            ) as address:
                yield address

    return start


@pytest.fixture
def two_hosts(root: None) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Two network namespaces joined by a cable of their own: commands that run a program in the one or the other."""
    holders = [
        subprocess.Popen(["unshare", "--net", "setpriv", "--pdeathsig", "KILL", "sleep", "300"]) for _ in range(2)
    ]
    enter = [("nsenter", f"--net=/proc/{holder.pid}/ns/net") for holder in holders]
    try:
        _until_own_namespace(holders)
        one, two = (str(holder.pid) for holder in holders)
        _run("ip", "link", "add", "cable", "netns", one, "type", "veth", "peer", "name", "cable", "netns", two)
        for number, prefix in enumerate(enter, start=1):
            _run(*prefix, "ip", "address", "add", f"10.77.0.{number}/24", "dev", "cable")
            _run(*prefix, "ip", "link", "set", "lo", "up")
            _run(*prefix, "ip", "link", "set", "cable", "up")
        yield enter[0], enter[1]
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _until_own_namespace(holders: list[subprocess.Popen[bytes]]) -> None:
    ours = Path("/proc/self/ns/net").readlink()
    for holder in holders:
        while Path(f"/proc/{holder.pid}/ns/net").readlink() == ours:
            assert holder.poll() is None, "a network namespace could not be made"

"""A node with an update folder, a maker's key and a system of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assistant.room import Usage
from assistant.updates.updates import State, Updates
from tests import updates as files
from tests.fakes import FakeSystem

GB = 1_000_000_000


class Disk:
    """A disk that says how full it is."""

    def __init__(self) -> None:
        self.free = 20 * GB

    def __call__(self, _folder: Path) -> Usage:
        return Usage(total=20 * GB, used=20 * GB - self.free, free=self.free)


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def made(tmp_path: Path, system: FakeSystem, disk: Disk) -> Callable[..., Updates]:
    """Makes a node over the same folder, anew for each call."""

    def make(*, on_our_system: bool = True, version: str = "0.1.0") -> Updates:
        return Updates(
            folder=tmp_path / "updates",
            keys=tmp_path / "keys",
            system=system if on_our_system else None,
            version=version,
            usage=disk,
        )

    return make


@pytest.fixture
async def updates(tmp_path: Path, made: Callable[..., Updates]) -> AsyncIterator[Updates]:
    files.keys_in(tmp_path / "keys")
    updates = made()
    running = asyncio.create_task(updates.run())
    yield updates
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def brought(updates: Updates, content: bytes, name: str = "x.part") -> Path:
    """A file that has come here."""
    file = updates.incoming / name
    file.write_bytes(content)
    return file


async def idle(updates: Updates) -> State:
    """What there is to say once nothing is being done."""
    while updates.is_busy:
        await asyncio.sleep(0.01)
    return await updates.state()

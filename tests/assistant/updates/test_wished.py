"""What a box does about an update that the home node's owner wishes it to have; the network tests fetch real bytes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import MeshAwayError
from assistant.updates.elsewhere import UpdatesElsewhere
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.updates import Updates
from assistant.updates.wished import Pace, WishedUpdates
from tests.assistant.updates.conftest import brought
from tests.fakes import FakeSystem
from tests.unix_server import unix_server
from tests.updates import digest_of, written

CONTENT = written()
DIGEST = digest_of(CONTENT)


class Mesh:
    """Our own mesh daemon, with a wish in it."""

    def __init__(self) -> None:
        self.wish: dict[str, Any] | None = None
        self.heard: list[dict[str, Any]] = []
        self.works_for_others = False
        self.is_away = False

    def wished(self, version: str = "0.2.0", digest: str = DIGEST) -> None:
        self.wish = {"version": version, "digest": digest, "problem": ""}

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        assert (method, path) == ("POST", "/updates/wish")
        if self.is_away:
            raise MeshAwayError
        assert content is not None
        self.heard.append(content)
        if self.wish is not None and content["digest"] == self.wish["digest"]:
            self.wish["problem"] = content["problem"]
        return {
            "wish": self.wish,
            "size_bytes": len(CONTENT),
            "home_id": "a" * 26,
            "home_name": "Study",
            "works_for_others": self.works_for_others,
        }

    async def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first that is told from now on that is so."""
        self.heard.clear()
        async with asyncio.timeout(10):
            while True:
                for told in self.heard:
                    if holds(told):
                        return told
                await asyncio.sleep(0.01)

    def phases(self) -> list[str]:
        """In their order, each once."""
        return list(dict.fromkeys(told["phase"] for told in self.heard if told["digest"]))


@pytest.fixture
def mesh() -> Mesh:
    return Mesh()


@pytest.fixture
def works_at() -> list[str]:
    return []


async def unreached(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The mesh as it is while the other node does not answer."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


@pytest.fixture
def waited_seconds() -> float:
    return 60.0


@pytest.fixture
async def wished(
    mesh: Mesh, updates: Updates, works_at: list[str], waited_seconds: float, tmp_path: Path
) -> AsyncIterator[WishedUpdates]:
    async def nobody() -> dict[str, Any]:
        return {}

    fetching = FetchedUpdates(updates, UpdatesElsewhere(nobody, updates), tmp_path / "mesh.sock", pause_seconds=0.01)
    pace = Pace(look=0.01, waited=waited_seconds, patience=0.05, told=0.05)
    one = WishedUpdates(mesh, updates, fetching, busy=lambda: "".join(works_at), pace=pace)
    async with unix_server(tmp_path / "mesh.sock", unreached):
        running = asyncio.create_task(one.run())
        yield one
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def kept(updates: Updates) -> None:
    """The update is here already."""
    await updates.take(brought(updates, CONTENT), DIGEST)


async def restarted(system: FakeSystem) -> None:
    async with asyncio.timeout(10):
        while not system.restarts:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("wished", "kept")
async def test_what_is_kept_already_is_installed_and_the_box_starts_anew(mesh: Mesh, system: FakeSystem) -> None:
    mesh.wished()

    await restarted(system)

    assert system.installed == [CONTENT]
    assert mesh.phases()[-1] == "restarting"
    assert not any(told["problem"] for told in mesh.heard)


@pytest.mark.usefixtures("wished", "kept")
async def test_a_box_that_computes_says_what_it_waits_for(mesh: Mesh, system: FakeSystem, works_at: list[str]) -> None:
    works_at.append("an answer that is being written")
    mesh.wished()
    await mesh.until(lambda told: told["waits_for"] == "an answer that is being written")
    assert system.restarts == 0

    mesh.works_for_others = True
    for _ in range(2):  # the second time it has heard of that
        await mesh.until(lambda told: told["digest"])
    works_at.clear()
    await mesh.until(lambda told: told["waits_for"] == "what other boxes compute here")
    assert system.restarts == 0

    mesh.works_for_others = False
    await restarted(system)


@pytest.mark.usefixtures("wished", "kept")
@pytest.mark.parametrize("waited_seconds", [0.3])
async def test_nobody_is_waited_for_without_an_end(mesh: Mesh, system: FakeSystem, works_at: list[str]) -> None:
    works_at.append("an endless story")
    mesh.wished()

    await restarted(system)


@pytest.mark.usefixtures("wished")
@pytest.mark.parametrize("version", ["0.1.0", "0.0.1", "next"])
async def test_no_older_version_is_fetched_let_alone_installed(mesh: Mesh, system: FakeSystem, version: str) -> None:
    mesh.wished(version)

    told = await mesh.until(lambda told: told["problem"])

    assert told["problem"].startswith("This box runs version 0.1.0")
    assert (system.installed, system.restarts) == ([], 0)


@pytest.mark.usefixtures("wished")
async def test_a_home_node_that_stays_away_is_told_and_the_wish_may_come_again(mesh: Mesh) -> None:
    mesh.wished()
    told = await mesh.until(lambda told: told["problem"])
    assert told["problem"] == "“Study” does not answer. What has come is kept, and it goes on from there."
    await asyncio.sleep(0.1)
    assert mesh.wish is not None
    assert mesh.wish["problem"], "it is not tried again by itself"

    mesh.wished()

    await mesh.until(lambda told: told["digest"] and not told["problem"])
    await mesh.until(lambda told: told["problem"])


@pytest.mark.usefixtures("wished", "kept")
async def test_an_installation_that_fails_is_told_in_its_own_words(mesh: Mesh, system: FakeSystem) -> None:
    system.error = OSError("gone")
    mesh.wished()

    told = await mesh.until(lambda told: told["problem"])

    assert "can't be read any more" in told["problem"]
    assert system.restarts == 0


@pytest.mark.usefixtures("kept")
async def test_a_wish_that_is_taken_back_ends_before_the_restart(
    wished: WishedUpdates, mesh: Mesh, system: FakeSystem, works_at: list[str]
) -> None:
    works_at.append("an answer that is being written")
    mesh.wished()
    await mesh.until(lambda told: told["phase"] == "waiting")

    mesh.wish = None
    await mesh.until(lambda told: not told["digest"])
    works_at.clear()
    await asyncio.sleep(0.2)

    assert system.restarts == 0


@pytest.fixture
def once_failed(system: FakeSystem) -> None:
    system.known = system.known.model_copy(update={"failed": "0.2.0"})


@pytest.mark.usefixtures("once_failed", "wished")
async def test_the_version_that_did_not_work_is_told_without_a_wish(mesh: Mesh) -> None:
    assert await mesh.until(lambda told: told["failed"] == "0.2.0")


@pytest.mark.usefixtures("wished", "kept")
async def test_a_mesh_daemon_that_is_away_is_asked_again(mesh: Mesh, system: FakeSystem) -> None:
    mesh.is_away = True
    await asyncio.sleep(0.1)
    mesh.wished()
    mesh.is_away = False

    await restarted(system)

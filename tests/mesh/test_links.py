"""A link over real TLS in one process, with a clock that the test moves: certificates end, and the link goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh import links as links_module
from mesh.addresses import AddressBook
from mesh.connections import Connections
from mesh.engine_door import EngineDoor
from mesh.link import Link
from mesh.links import FAILING, REFUSED, STALE_SECONDS, Links
from mesh.port import build_port
from mesh.report import Exchange, NodeReport
from mesh.twins import Twins
from services.peer_protocol import protocol_for
from tests.mesh.join.talk import Box, Time, admitted
from tests.mesh.test_engine_door import OneEngine


class Mood:
    """What the served node's port makes of calls: it lets them through, breaks their answers off, or answers so."""

    def __init__(self) -> None:
        self.now: int | Literal["well", "breaks off"] = "well"
        self.calls = 0

    def over(self, app: ASGIApp) -> ASGIApp:
        async def moody(scope: Scope, receive: Receive, send: Send) -> None:
            self.calls += 1
            if self.now == "well":
                await app(scope, receive, send)
                return
            length = [(b"content-length", b"2")] if self.now == "breaks off" else []
            status = 200 if self.now == "breaks off" else self.now
            await send({"type": "http.response.start", "status": status, "headers": length})
            await send({"type": "http.response.body", "body": b""})

        return moody


class Pair:
    """A home node that is served, and a guest that keeps a link to it."""

    def __init__(self, time: Time, home: Box, guest: Box, links: Links, mood: Mood) -> None:
        self.time, self.home, self.guest, self._links, self.mood = time, home, guest, links, mood

    @property
    def link(self) -> Link:
        return self._links.links[self.home.identity.node_id]

    def pass_by(self, days: float) -> None:
        self.time.now += timedelta(days=days)
        self.time.passed += days * 86_400

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.02)

    async def reached(self) -> None:
        """The home node was heard of at this moment of the test's clock."""
        await self.until(lambda: not self.link.problem(self.time.passed) and self.link.heard_at == self.time.passed)

    def home_calls(self) -> None:
        """The home node calls the guest, as it does all the while, whatever its own port makes of calls."""
        report = report_of(self.home)
        said = Exchange(report=report, roster_version=self.home.membership().roster.version)
        self._links.heard(self.home.identity.node_id, said, "127.0.0.1")

    async def seen_while_it_calls(self, mood: int | Literal["well", "breaks off"], calls: int) -> set[str]:
        """All that is said of the home node while it is in this mood for so many of our calls, and calls us itself."""
        self.mood.now = mood
        began, seen = self.mood.calls, set[str]()
        while self.mood.calls < began + calls:
            self.home_calls()
            seen.add(self.link.problem(self.time.passed))
            await asyncio.sleep(0.005)
        return seen

    def shown_by_guest(self) -> object:
        return self.guest.membership().certificate


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    monkeypatch.setattr(links_module, "EVERY_SECONDS", 0.05)
    time = Time()
    home, guest = Box(tmp_path, "alpha", time), Box(tmp_path, "beta", time)
    await admitted(home, guest)
    mood = Mood()
    async with served(home, tmp_path, mood) as port:
        book = AddressBook(tmp_path / "beta", tuple)
        book.worked(home.identity.node_id, ("127.0.0.1", port))
        links = links_of(guest, book)
        running = asyncio.create_task(links.run())
        made = Pair(time, home, guest, links, mood)
        await made.until(lambda: bool(links.links))
        yield made
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await links.close()


def report_of(box: Box) -> NodeReport:
    return NodeReport(node_id=box.identity.node_id, version="1", clock=box.time.now.timestamp(), port=1, engine="ready")


def links_of(box: Box, book: AddressBook) -> Links:
    async def report() -> NodeReport:
        return report_of(box)

    return Links(box.belonging, book, report=report, monotonic=box.time.monotonic)


@asynccontextmanager
async def served(box: Box, folder: Path, mood: Mood) -> AsyncIterator[int]:
    """The box's mesh port, as its daemon opens it."""
    connections = Connections()

    def cut() -> None:
        connections.cut_where(box.belonging.is_unwelcome)

    box.belonging.on_change(cut)
    door = EngineDoor(OneEngine(folder / "engine.sock"), key="key", slots=1)
    links = links_of(box, AddressBook(folder, tuple))
    twins = Twins(monotonic=box.time.monotonic)
    app = build_port(belonging=box.belonging, hosting=box.hosting, links=links, engine=door, twins=twins)

    async def no_wires(*_: object) -> None:
        raise AssertionError

    config = uvicorn.Config(
        mood.over(app),
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_level="error",
        ssl_context_factory=lambda _config, _default: box.belonging.server_context,
        http=protocol_for(connections, no_wires),
    )
    config.load()
    config.ssl = box.belonging.server_context
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = server.force_exit = True
    await asyncio.gather(running, return_exceptions=True)
    await door.close()


async def test_a_connection_outlives_the_certificate_that_its_node_showed_on_it(pair: Pair) -> None:
    """As of two boxes that slept side by side: the connection is old, and so is what was shown on it."""
    await pair.reached()
    pair.pass_by(4)
    first = pair.shown_by_guest()
    await pair.until(lambda: pair.shown_by_guest() != first)
    pair.time.passed += 1
    await pair.reached()
    pair.home.belonging.renew_own()

    pair.pass_by(5)
    pair.home.belonging.renew_own()
    pair.time.passed += STALE_SECONDS + 1

    await pair.reached()


async def test_a_box_whose_certificate_is_over_gets_a_new_one_from_the_home_node_and_comes_back(pair: Pair) -> None:
    await pair.reached()
    first = pair.shown_by_guest()

    pair.pass_by(10)
    pair.home.belonging.renew_own()
    pair.time.passed += STALE_SECONDS + 1

    await pair.until(lambda: pair.shown_by_guest() != first)
    await pair.reached()


async def test_a_node_that_answers_with_errors_is_never_used_in_between_though_it_calls_us_all_the_while(
    pair: Pair,
) -> None:
    """Neither its own calls nor an answer that breaks off say that it answers well again."""
    await pair.reached()
    await pair.seen_while_it_calls(500, 2)

    seen = set[str]()
    for mood in ("breaks off", 500, "breaks off", 503):
        seen |= await pair.seen_while_it_calls(mood, 3)

    assert seen == {FAILING, "does not answer"}
    pair.mood.now = "well"
    await pair.reached()


async def test_a_node_whose_port_gives_no_answer_counts_as_away_though_it_calls_us(pair: Pair) -> None:
    await pair.reached()
    await pair.seen_while_it_calls("breaks off", 3)

    assert await pair.seen_while_it_calls("breaks off", 5) == {"does not answer"}
    pair.mood.now = "well"
    await pair.reached()


async def test_a_refusal_that_cannot_be_read_is_a_refusal_all_the_same(pair: Pair) -> None:
    await pair.reached()
    await pair.seen_while_it_calls(403, 2)

    assert await pair.seen_while_it_calls(403, 3) == {REFUSED}

"""What discovery does about everything that Avahi can say, on an Avahi that exists only in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from mesh.announcement import SERVICE_TYPE, Announcement
from mesh.avahi import Avahi
from mesh.avahi_events import (
    Announced,
    AnnouncingFailed,
    Appeared,
    Collided,
    Event,
    Gone,
    Resolved,
    ServerChanged,
    Unanswered,
    Vanished,
)
from mesh.discovery import CLONE_SEEN, MOST_NAMES_TRIED, Discovery
from mesh.peers import Sighting
from mesh.settings import MeshSettings
from tests.mesh.conftest import announcement, until

BOX, OTHER = announcement("hearth-aaaa", "a"), announcement("hearth-bbbb", "b")
SIGHTING = Sighting(2, 0, "hearth-bbbb")


class MemoryAvahi(Avahi):
    """Does what it is told and remembers it; the test says what the network answers."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.running = True
        self.announced: list[str] = []
        self.withdrawn = 0
        self.resolved: list[Sighting] = []
        self.forgotten: list[Sighting] = []
        self.conversations = 0

    async def is_running(self) -> bool:
        return self.running

    async def interface_index(self, name: str) -> int:
        return {"eth0": 2, "wlan0": 3}[name]

    async def alternative_name(self, service: str) -> str:
        return f"{service}'"

    async def browse(self, interface: int) -> None:
        pass

    async def resolve(self, sighting: Sighting) -> None:
        self.resolved.append(sighting)

    async def forget(self, sighting: Sighting) -> None:
        self.forgotten.append(sighting)

    async def announce(self, service: str, port: int, txt: Sequence[bytes], interfaces: Sequence[int]) -> None:
        self.announced.append(service)

    async def withdraw(self) -> None:
        self.withdrawn += 1

    def says(self, *events: Event) -> None:
        for event in events:
            self.events.put_nowait(event)


@pytest.fixture
async def avahi() -> MemoryAvahi:
    return MemoryAvahi()


@pytest.fixture
async def box(avahi: MemoryAvahi) -> AsyncIterator[Discovery]:
    @contextlib.asynccontextmanager
    async def connect(bus_address: str, service_type: str) -> AsyncIterator[Avahi]:
        assert service_type == SERVICE_TYPE
        avahi.conversations += 1
        yield avahi

    settings = MeshSettings(most_peers=4)
    discovery = Discovery(BOX, port=443, settings=settings, first_pause_seconds=0.01, connect=connect)
    running = asyncio.create_task(discovery.run())
    yield discovery
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def resolved(said: Announcement, sighting: Sighting = SIGHTING, *, local: bool = False) -> Resolved:
    return Resolved(sighting=sighting, address="10.0.0.2", port=443, txt=tuple(said.txt()), local=local)


async def test_a_node_is_listed_from_when_it_is_resolved_until_it_is_gone(box: Discovery, avahi: MemoryAvahi) -> None:
    avahi.says(Appeared(sighting=SIGHTING), resolved(OTHER))
    await until(lambda: [peer.name for peer in box.peers] == ["hearth-bbbb"])

    avahi.says(Gone(sighting=SIGHTING))

    await until(lambda: not box.peers)
    assert avahi.forgotten == [SIGHTING]


async def test_a_node_that_does_not_answer_in_time_is_asked_again(box: Discovery, avahi: MemoryAvahi) -> None:
    avahi.says(Appeared(sighting=SIGHTING), Unanswered(sighting=SIGHTING), resolved(OTHER))

    await until(lambda: bool(box.peers))

    assert avahi.resolved == [SIGHTING, SIGHTING]
    assert avahi.forgotten == [SIGHTING]


async def test_while_avahi_changes_its_host_name_nothing_is_announced(box: Discovery, avahi: MemoryAvahi) -> None:
    avahi.says(Announced())
    await until(lambda: box.announced_as == "hearth-aaaa")

    avahi.says(ServerChanged(running=False))
    await until(lambda: box.announced_as is None)
    avahi.says(ServerChanged(running=True), Announced())

    await until(lambda: box.announced_as == "hearth-aaaa")
    assert (avahi.announced, avahi.withdrawn) == (["hearth-aaaa", "hearth-aaaa"], 1)


async def test_a_network_where_every_name_is_taken_is_told_and_tried_again(box: Discovery, avahi: MemoryAvahi) -> None:
    avahi.says(*[Collided()] * MOST_NAMES_TRIED)

    await until(lambda: "names like hearth-aaaa are taken" in (box.problem or ""))

    await until(lambda: avahi.conversations == 2)
    assert avahi.announced[-1] == "hearth-aaaa"


@pytest.mark.parametrize(
    ("event", "words"), [(AnnouncingFailed(reason="org.freedesktop.Avahi.Failure"), "refused"), (Vanished(), "answer")]
)
async def test_after_a_failure_everything_begins_anew(
    event: Event, words: str, box: Discovery, avahi: MemoryAvahi
) -> None:
    avahi.says(Appeared(sighting=SIGHTING), resolved(OTHER), Announced())
    await until(lambda: box.problem is None and bool(box.peers))

    avahi.says(event)

    await until(lambda: words in (box.problem or ""))
    assert (box.announced_as, box.peers) == (None, ())
    await until(lambda: avahi.conversations == 2)
    avahi.says(Announced())
    await until(lambda: box.problem is None)


async def test_a_flood_of_announcements_is_not_followed_beyond_the_bound(box: Discovery, avahi: MemoryAvahi) -> None:
    flood = [Sighting(2, 0, f"rogue-{number}") for number in range(500)]

    avahi.says(*(Appeared(sighting=sighting) for sighting in flood), Announced())
    await until(lambda: box.announced_as is not None)

    assert len(avahi.resolved) == 4


async def test_a_cloned_identity_is_a_problem_until_it_is_gone(box: Discovery, avahi: MemoryAvahi) -> None:
    ours = Sighting(2, 0, "hearth-aaaa")
    avahi.says(Announced(), Appeared(sighting=ours), resolved(BOX, ours, local=True))
    avahi.says(Appeared(sighting=SIGHTING), resolved(BOX))
    await until(lambda: box.problem == CLONE_SEEN)

    avahi.says(Gone(sighting=SIGHTING))

    await until(lambda: box.problem is None)
    assert box.peers == ()

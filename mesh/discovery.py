"""Owns being found and finding others on the local network: what to announce, under which name, and who is there."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from mesh.announcement import SERVICE_TYPE, Announcement, announcement_in
from mesh.avahi import ALL_INTERFACES, Avahi, conversation
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
from mesh.errors import AnnouncementRefusedError, AvahiMissingError, AvahiRefusedError, DiscoveryError
from mesh.peers import Peer, Peers, Sighting
from mesh.settings import MeshSettings

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
MOST_NAMES_TRIED = 20
CLONE_SEEN = (
    "Another box on this network uses this box's identity; one of them was copied from the other. "
    "Switch one off, or reset it, so that each has an identity of its own."
)

Connect = Callable[[str, str], contextlib.AbstractAsyncContextManager[Avahi]]


class Discovery:
    """Announces this node and keeps the list of the others, through every restart of Avahi, until cancelled."""

    def __init__(
        self,
        announcement: Announcement,
        *,
        port: int,
        settings: MeshSettings,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
        connect: Connect = conversation,
    ) -> None:
        self.announced_as: str | None = None
        self._announcement = announcement
        self._port = port
        self._settings = settings
        self._first_pause_seconds = first_pause_seconds
        self._connect = connect
        self._service = announcement.name
        self._names_tried = 1
        self._interfaces: list[int] = []
        self._peers = Peers(most=settings.most_peers)
        self._watched: set[Sighting] = set()
        self._clones: set[Sighting] = set()
        self._problem: str | None = "This box has not been announced on the network yet."

    @property
    def problem(self) -> str | None:
        """What keeps this node from being found or trusted now, as a sentence; None where nothing does."""
        return CLONE_SEEN if self._clones else self._problem

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The other nodes that can be seen now."""
        return self._peers.listed()

    async def run(self) -> None:
        """Announce and look, again and again: Avahi may be missing, restarted or late."""
        pause_seconds = self._first_pause_seconds
        while True:
            try:
                async with self._connect(self._settings.bus_address, SERVICE_TYPE) as avahi:
                    await self._converse(avahi)
            except DiscoveryError as problem:
                if self.announced_as is not None:
                    pause_seconds = self._first_pause_seconds
                self._forget_everything(str(problem))
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _converse(self, avahi: Avahi) -> None:
        names = self._settings.interfaces
        self._interfaces = [await avahi.interface_index(name) for name in names] or [ALL_INTERFACES]
        for interface in self._interfaces:
            await avahi.browse(interface)
        if await avahi.is_running():
            await self._announce(avahi)
        while True:
            await self._handle(await avahi.events.get(), avahi)

    async def _handle(self, event: Event, avahi: Avahi) -> None:
        match event:
            case ServerChanged(running=True):
                await self._announce(avahi)
            case ServerChanged(running=False):
                self.announced_as = None
                await avahi.withdraw()
            case Announced():
                self._stands()
            case Collided():
                await self._announce_under_another_name(avahi)
            case AnnouncingFailed(reason=reason):
                raise AvahiRefusedError(reason)
            case Appeared(sighting=sighting):
                await self._watch(sighting, avahi)
            case Resolved():
                self._resolved(event)
            case Gone(sighting=sighting):
                await self._gone(sighting, avahi)
            case Unanswered(sighting=sighting):
                await self._gone(sighting, avahi)
                await self._watch(sighting, avahi)
            case Vanished():
                raise AvahiMissingError

    async def _announce(self, avahi: Avahi) -> None:
        self.announced_as = None
        await avahi.announce(self._service, self._port, self._announcement.txt(), self._interfaces)

    async def _announce_under_another_name(self, avahi: Avahi) -> None:
        self._names_tried += 1
        if self._names_tried > MOST_NAMES_TRIED:
            self._service, self._names_tried = self._announcement.name, 1
            raise AvahiRefusedError(f"{MOST_NAMES_TRIED} names like {self._announcement.name} are taken")
        self._service = await avahi.alternative_name(self._service)
        await self._announce(avahi)

    def _stands(self) -> None:
        self.announced_as, self._problem = self._service, None
        log.info("Announced on the network", extra={"NODE_ID": self._announcement.node_id})

    async def _watch(self, sighting: Sighting, avahi: Avahi) -> None:
        if sighting in self._watched:
            return
        if len(self._watched) >= self._settings.most_peers:
            log.warning("More than %s announcements on this network: the rest is left out", self._settings.most_peers)
            return
        self._watched.add(sighting)
        await avahi.resolve(sighting)

    def _resolved(self, found: Resolved) -> None:
        sighting = found.sighting
        self._clones.discard(sighting)
        self._peers = self._peers.without(sighting)
        try:
            announcement = announcement_in(found.txt)
        except AnnouncementRefusedError as refusal:
            log.warning("Something on the network calls itself a Hearth node and is left out: %s", refusal)
            return
        if announcement.node_id != self._announcement.node_id:
            self._peers = self._peers.with_peer(sighting, announcement, found.address, found.port)
        elif not found.local:
            log.warning("Another host announces this node's identity", extra={"NODE_ID": announcement.node_id})
            self._clones.add(sighting)

    async def _gone(self, sighting: Sighting, avahi: Avahi) -> None:
        self._peers = self._peers.without(sighting)
        self._clones.discard(sighting)
        if sighting in self._watched:
            self._watched.discard(sighting)
            await avahi.forget(sighting)

    def _forget_everything(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("%s", problem)
        self.announced_as, self._problem = None, problem
        self._peers = Peers(most=self._settings.most_peers)
        self._watched.clear()
        self._clones.clear()

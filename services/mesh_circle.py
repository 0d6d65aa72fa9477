"""Assembles what the mesh daemon knows of people and boxes: who this node is, whom it sees, and who may come in."""

import logging
import time
from datetime import UTC, datetime

from firmware.network import read_network
from mesh.addresses import AddressBook
from mesh.agent_shapes import SeenAnswer
from mesh.announcement import Announcement
from mesh.belonging import Belonging
from mesh.connections import Connections
from mesh.discovery import Discovery
from mesh.hosting import Hosting
from mesh.identity import NodeId, open_identity
from mesh.joining import Joining
from mesh.scheduler import SERVING_ROLES
from services.device import read_device
from services.doors import open_mesh_door
from services.settings import Settings

log = logging.getLogger(__name__)


class Circle:
    """See above; the mesh port is open from here on. Raises `IdentityError` and `ServicesError`."""

    def __init__(self, settings: Settings) -> None:
        state, device = settings.places.mesh_state, read_device(settings.places)
        self.name = device.name
        self.identity = open_identity(state, device.device_id)
        self.now = now
        self.belonging = Belonging(identity=self.identity, folder=state, name=device.name, now=self.now)
        self._listened = settings.listen.address
        self.door = open_mesh_door(self._listened, settings.mesh.port)
        self.port = int(self.door.getsockname()[1])
        self.discovery = Discovery(
            Announcement(node_id=self.identity.node_id, name=device.name, fingerprint=self.identity.fingerprint),
            port=self.port,
            settings=settings.mesh,
        )
        self.book = AddressBook(state, lambda: self.discovery.peers)
        self.connections = Connections()
        self.hosting = Hosting(self.belonging, monotonic=time.monotonic, on_admitted=self._note_newcomer)
        self.joining = Joining(self.belonging, on_joined=self._note_home, monotonic=time.monotonic)
        self.belonging.on_change(self._cut)

    @property
    def is_in_mesh(self) -> bool:
        """Whether there are others to belong to."""
        return self.belonging.membership is not None

    @property
    def may_serve(self) -> bool:
        """Whether this node computes for others."""
        membership = self.belonging.membership
        return membership is not None and membership.role in SERVING_ROLES

    def seen(self) -> list[SeenAnswer]:
        """Boxes on the network that call themselves a Hearth."""
        return [
            SeenAnswer(node_id=peer.node_id, name=peer.name, address=peer.address, port=peer.port)
            for peer in self.discovery.peers
        ]

    def addresses(self) -> list[str]:
        """Where others reach this box: the address that it listens on, or its best ones where it listens on all."""
        if self._listened not in {"::", "0.0.0.0"}:
            return [self._listened]
        # A link-local IPv6 address means nothing without the name of the network card that it was seen through.
        found = [one.ip for one in read_network().addresses if not (one.link_local and ":" in one.ip)]
        return found or ["127.0.0.1"]

    def _note_home(self, address: str, port: int) -> None:
        membership = self.belonging.membership
        self.book.worked("" if membership is None else membership.roster.home.node_id, (address, port))

    def _note_newcomer(self, node_id: NodeId, address: str) -> None:
        """Most boxes listen where this one does; one that does not tells so when it calls."""
        self.book.heard_from(node_id, (address, self.port))

    def _cut(self) -> None:
        if count := self.connections.cut_where(self.belonging.is_unwelcome):
            log.info("%s connections of nodes that belong no more were cut", count)


def now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)

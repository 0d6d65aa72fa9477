"""Assembles this node's own engine for the mesh: asked by itself and by others, and lent in sandboxes."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.engine.leases import Leases, Told
from assistant.engine.watch import Patience
from assistant.models.fit import Room, placed
from assistant.models.household import with_graphics
from assistant.parser.client import ChildTransport, Transport, UnitTransport
from firmware.profile import Profile
from mesh.engine_door import EngineDoor
from mesh.helping import Helping
from mesh.identity import NodeId
from mesh.lending import Lending
from services import credentials
from services.device import read_profile
from services.mesh_circle import Circle
from services.mesh_engines import HouseEngines
from services.mesh_parts import HouseParts
from services.rpc_boxes import RpcBoxes
from services.settings import Places, Settings
from services.wires import MadeWires


class OwnEngine:
    """See above. Raises `ServicesError`."""

    def __init__(
        self, settings: Settings, arguments: Sequence[str], circle: Circle, *, is_there: Callable[[NodeId], bool]
    ) -> None:
        """`is_there` says whether another node is heard of."""
        places = settings.places
        profile = read_profile(places)
        self.key = credentials.read("engine.key")
        self._leases = Leases(desk=places.engine_desk, key=self.key, patience=Patience())
        self.parts = HouseParts(
            places.engine_desk,
            file_of=lambda digest: self.engines.file(digest),
            context_tokens=profile.context_tokens,
        )
        self.engines = HouseEngines(
            places,
            leases=self._leases,
            context_tokens=profile.context_tokens,
            need_bytes=self.parts.need_bytes,
            longer_of=lambda file, told: self._longer(profile, settings.engine.longest_tokens, file, told),
        )
        self.door = EngineDoor(self.engines, key=self.key, slots=profile.parallel_slots)
        self.wires = MadeWires(UnitTransport(places.wire_socket)) if places.wire_socket.is_socket() else None
        self.lending = Lending(
            circle.belonging,
            RpcBoxes(_rpc_transport(places, arguments), lend=self.parts.lent, threads=profile.threads),
            self.wires,
            is_there=is_there,
        )
        self.helping = Helping(may_help=lambda: circle.may_serve, monotonic=time.monotonic)

    def _longer(self, profile: Profile, longest_tokens: int, file: Path, told: Told) -> int:
        """What a conversation of an owner's model may hold here; 0 where it does not fit."""
        facts = self.parts.facts(file)
        if facts is None:
            return 0
        room = with_graphics(Room(memory_bytes=told.budget_bytes), told.graphics)
        usual, slots = profile.context_tokens, profile.parallel_slots
        found = placed(facts, room, context_tokens=usual, slots=slots, longest_tokens=longest_tokens)
        return found[1].context_tokens if found else 0

    async def read(self) -> None:
        """Know the models that are here; the one that came with the product is read as a whole."""
        await asyncio.to_thread(self.engines.offers)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.door.close()
        await self._leases.close()


def _rpc_transport(places: Places, arguments: Sequence[str]) -> Transport:
    """systemd's sandbox where its socket is, else a child that shuts itself in."""
    if places.rpc_socket.is_socket():
        return UnitTransport(places.rpc_socket)
    return ChildTransport([sys.executable, "-m", "services.run_rpc", *arguments])

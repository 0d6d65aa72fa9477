"""Assembles what decides where a request runs: the links, the reports, the router, and models over several nodes."""

import time
from importlib.metadata import version

from mesh.engine_door import EngineDoor
from mesh.foreign.engines import ForeignEngines
from mesh.identity import NodeId
from mesh.kept_order import KeptOrder
from mesh.kept_outcomes import KeptOutcomes
from mesh.kept_update import KeptUpdates
from mesh.kept_wishes import KeptWishes
from mesh.ledger import Ledger
from mesh.link_speeds import LinkSpeeds
from mesh.links import Links
from mesh.own_report import OwnReport
from mesh.routing import Router
from mesh.split import Split
from mesh.twins import Twins
from mesh.update_order import UpdateOrder
from mesh.update_wish import UpdateWish
from mesh.wishes import Wishes
from services.door_guard import is_ours
from services.mesh_circle import Circle
from services.mesh_own_engine import OwnEngine
from services.settings import Settings


class Dispatch:
    """See above."""

    def __init__(self, settings: Settings, circle: Circle, own: OwnEngine) -> None:
        self.ledger = Ledger()
        self.kept_outcomes = KeptOutcomes(settings.places.mesh_state, self.ledger)
        self.updates = KeptUpdates(settings.places.updates, keys=settings.places.update_keys, monotonic=time.monotonic)
        self.report = OwnReport(
            node_id=circle.identity.node_id,
            version=version("hearth"),
            engine=own.door,
            ledger=self.ledger,
            state=settings.places.mesh_state,
            port=lambda: circle.port,
            now=circle.now,
            is_in_mesh=lambda: circle.is_in_mesh,
            lags=self._lags,
            room=own.engines.room,
            graphics=own.engines.graphics,
            lends=lambda: own.lending.is_willing,
            embeds=lambda: own.helping.model,
            bandwidths=lambda: self.speeds.told(),
            bringing=lambda: self.wishes.told(),
            update=self.updates.told,
            updating=lambda: self.update_wish.report(),
        )
        self.links = Links(circle.belonging, circle.book, report=self.report.told, monotonic=time.monotonic)
        self.speeds = LinkSpeeds(
            self.links,
            own=circle.identity.node_id,
            is_idle=lambda: not (self.ledger.reserved or own.door.running_for_others),
            monotonic=time.monotonic,
        )
        self.twins = Twins(monotonic=time.monotonic)
        self.wishes = Wishes(
            circle.belonging,
            here=lambda: [one.digest for one in own.engines.offers()],
            keep=KeptWishes(settings.places.mesh_state),
        )
        self.update_wish = UpdateWish(circle.belonging, version=version("hearth"))
        self.update_order = UpdateOrder(
            circle.belonging,
            self.links,
            kept=self.updates.told,
            keep=KeptOrder(settings.places.mesh_state),
            monotonic=time.monotonic,
        )
        self.foreign = ForeignEngines(settings.places.mesh_state)
        self.router = Router(
            belonging=circle.belonging,
            links=self.links,
            ledger=self.ledger,
            own_report=self.report.current,
            monotonic=time.monotonic,
            foreign=self.foreign,
            bandwidth=self.speeds.between,
            doubled=lambda: self.twins.doubled,
        )
        self.split = Split(
            belonging=circle.belonging,
            links=self.links,
            router=self.router,
            house=own.parts,
            wires=own.wires,
            is_ours=is_ours,
            monotonic=time.monotonic,
            least_tokens_per_second=settings.mesh.split_least_tokens_per_second,
            idle_seconds=settings.mesh.split_idle_seconds,
        )
        self.split_door = EngineDoor(self.split, key=own.key, slots=1)

    def is_there(self, node_id: NodeId) -> bool:
        """Whether another node is heard of."""
        link = self.links.links.get(node_id)
        return link is not None and not link.is_silent(time.monotonic())

    def _lags(self) -> dict[str, float]:
        """To tenths of a millisecond: longer numbers say nothing more, and travel to everybody."""
        return {one: round(link.lag_seconds, 4) for one, link in self.links.links.items() if link.report}

    async def close(self) -> None:
        """Let go of the connections."""
        await self.foreign.close()
        await self.links.close()
        await self.split_door.close()

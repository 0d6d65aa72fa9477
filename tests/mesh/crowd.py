"""The router of a real node among as many others as a test wishes, of which it has heard; nothing is sent."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mesh.addresses import AddressBook
from mesh.foreign.engines import ForeignEngines
from mesh.ledger import Ledger
from mesh.link import Link
from mesh.links import Links
from mesh.report import NodeReport
from mesh.roster import Member
from mesh.routing import Router
from mesh.scheduler import Candidate
from tests.mesh.join.talk import Box, Time


class Crowd:
    """See above; the first of the candidates is this node itself."""

    def __init__(self, folder: Path, candidates: Iterator[Candidate]) -> None:
        self.time = Time()
        box = Box(folder, "box", self.time)
        self.own = replace(next(candidates).report, node_id=box.identity.node_id)
        self._links = Links(box.belonging, AddressBook(folder, tuple), report=self._told, monotonic=self.time.monotonic)
        self.links = self._links.links
        self.ledger = Ledger()
        self.router = Router(
            belonging=box.belonging,
            links=self._links,
            ledger=self.ledger,
            own_report=lambda: self.own,
            monotonic=self.time.monotonic,
            foreign=ForeignEngines(folder),
        )
        for one in candidates:
            member = Member(
                node_id=one.report.node_id, name=one.name, role=one.role, standing="member", fingerprint="0" * 64
            )
            link = self.links[member.node_id] = Link(member, place=("192.0.2.1", 7377))
            self.tells(link, one.report, one.round_trip_seconds)

    def tells(self, link: Link, report: NodeReport, round_trip_seconds: float = 0.001) -> None:
        """A node says how it is."""
        link.report, link.heard_at, link.round_trip_seconds = report, self.time.passed, round_trip_seconds

    async def _told(self) -> NodeReport:
        return self.own

"""A mesh in memory with a seeded network that delays, doubles, reorders and loses: who believes that who belongs."""

import random
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec

from mesh.errors import MeshError
from mesh.identity import node_id_of
from mesh.roster import Roster, SignedRoster, admitted, dismissed, first_roster, newer, renamed, roster_in, signed

KEY = ec.generate_private_key(ec.SECP256R1())
ROGUE = ec.generate_private_key(ec.SECP256R1())
NODES = tuple(f"{number:064x}" for number in range(1, 8))
"""Fingerprints: the first one is the home node's."""
DISMISSALS: Final[tuple[Literal["revoked", "left"], ...]] = ("revoked", "left")


@dataclass
class World:
    """Every node's roster, and what is on its way."""

    seed: int
    held: dict[str, Roster] = field(default_factory=dict)
    wire: list[tuple[str, SignedRoster]] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    highest: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    seen_revoked: dict[tuple[str, str], int] = field(default_factory=dict)
    _signed: dict[int, SignedRoster] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.home = NODES[0]
        self.held[self.home] = first_roster(node_id_of("0" * 64), self.home, "home", 0.0)
        self.time = 0.0

    def step(self) -> None:
        """Something happens."""
        deed = self.random.choice(
            (
                self.admit,
                self.dismiss,
                self.rename,
                self.gossip,
                self.gossip,
                self.gossip,
                self.deliver,
                self.deliver,
                self.deliver,
                self.split,
                self.heal,
                self.forge,
            )
        )
        self.time += self.random.choice((0.1, 1.0, 86_400.0, -86_400.0))  # the home node's clock may jump
        deed()

    def admit(self, fingerprint: str = "") -> None:
        fingerprint = fingerprint or self.random.choice(NODES[1:])
        self._change(lambda roster: admitted(roster, fingerprint, f"node {fingerprint[-1]}", "worker", self.time))
        # What a newcomer gets with its certificate.
        self._take(fingerprint, self._told(self.held[self.home]))

    def dismiss(self, fingerprint: str = "", how: Literal["revoked", "left"] | None = None) -> None:
        standing: Literal["revoked", "left"] = self.random.choice(DISMISSALS) if how is None else how
        node_id = node_id_of(fingerprint or self.random.choice(NODES[1:]))
        self._change(lambda roster: dismissed(roster, node_id, standing, self.time))

    def rename(self) -> None:
        node_id = node_id_of(self.random.choice(NODES))
        self._change(lambda roster: renamed(roster, node_id, f"name {self.random.randrange(99)}", self.time))

    def gossip(self, sender: str = "", to: str = "", copies: int | None = None) -> None:
        """A node tells another what it holds; the wire may lose it, double it or keep it for long."""
        sender, to = sender or self.random.choice(NODES), to or self.random.choice(NODES)
        if sender in self.held and not {sender, to} & self.cut:
            times = self.random.choice((0, 1, 1, 1, 2)) if copies is None else copies
            self.wire += [(to, self._told(self.held[sender]))] * times

    def deliver(self, number: int | None = None) -> None:
        if self.wire:
            place = self.random.randrange(len(self.wire)) if number is None else number % len(self.wire)
            to, told = self.wire.pop(place)
            if to not in self.cut:
                self._take(to, told)

    def split(self, fingerprint: str = "") -> None:
        self.cut.add(fingerprint or self.random.choice(NODES))

    def heal(self) -> None:
        self.cut.clear()

    def forge(self) -> None:
        """Somebody without the authority's key offers a roster that lets him in, with a high version."""
        roster = self.held[self.home]
        forged = signed(replace(roster, version=roster.version + 50), ROGUE)
        own = self._told(roster)
        to = self.random.choice(NODES)
        for offered in (forged, replace(own, content=own.content.replace('"version":', '"version":9'))):
            self._take(to, offered)

    def settle(self) -> None:
        """Everything is delivered, then everybody hears the home node: all have to hold what it holds."""
        self.cut.clear()
        while self.wire:
            self.deliver()
        truth = self.held[self.home]
        for fingerprint in list(self.held):
            self._take(fingerprint, self._told(truth))
            if self.held[fingerprint] != truth:
                self.violations.append(f"{fingerprint[-4:]} holds another roster than the home node")

    def _change(self, change: object) -> None:
        try:
            roster: Roster = change(self.held[self.home])  # type: ignore[operator]
        except MeshError:
            return
        self._hold(self.home, roster)

    def _take(self, fingerprint: str, told: SignedRoster) -> None:
        try:
            roster = newer(self.held.get(fingerprint), roster_in(told, KEY.public_key()))
        except MeshError:
            return
        self._hold(fingerprint, roster)

    def _hold(self, fingerprint: str, roster: Roster) -> None:
        if roster.version < self.highest.get(fingerprint, 0):
            self.violations.append(f"{fingerprint[-4:]} went back to version {roster.version}")
        if roster.version > self.held[self.home].version and fingerprint != self.home:
            self.violations.append(f"{fingerprint[-4:]} holds a version that the home node never made")
        self.highest[fingerprint], self.held[fingerprint] = roster.version, roster
        for member in roster.members:
            place = (fingerprint, member.node_id)
            if member.standing != "member":
                self.seen_revoked[place] = roster.version
            elif roster.version <= self.seen_revoked.get(place, -1):
                self.violations.append(f"{fingerprint[-4:]} trusts again what it knew to be gone")

    def _told(self, roster: Roster) -> SignedRoster:
        if roster.version not in self._signed:
            self._signed[roster.version] = signed(roster, KEY)
        return self._signed[roster.version]


def history(seed: int, steps: int = 30) -> list[str]:
    """What went wrong in one history; the same for the same seed."""
    world = World(seed)
    for _ in range(steps):
        world.step()
    world.settle()
    return world.violations

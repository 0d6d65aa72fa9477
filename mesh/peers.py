"""Owns the list of other nodes that can be seen on the network now: bounded, one entry a node, by pure functions."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mesh.announcement import Announcement
from mesh.identity import NodeId


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one announcement was seen: the same node shows up once an interface and IP version."""

    interface: int
    protocol: int
    service: str
    """The name under which Avahi lists it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another node, as it describes itself."""

    node_id: NodeId
    name: str
    fingerprint: str
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The nodes that were seen and have not gone."""

    most: int
    """Sightings beyond that are left out."""
    seen: Mapping[Sighting, Peer] = field(default_factory=dict)

    def with_peer(self, sighting: Sighting, announcement: Announcement, address: str, port: int) -> "Peers":
        """The list after `announcement` was seen; unchanged where it is full or the address is none."""
        place = valid_address(address)
        if place is None or not 0 < port < 1 << 16 or (sighting not in self.seen and len(self.seen) >= self.most):
            return self
        peer = Peer(
            node_id=announcement.node_id,
            name=announcement.name,
            fingerprint=announcement.fingerprint,
            address=place,
            port=port,
        )
        return replace(self, seen={**self.seen, sighting: peer})

    def without(self, sighting: Sighting) -> "Peers":
        """The list after a sighting has gone."""
        return replace(self, seen={other: peer for other, peer in self.seen.items() if other != sighting})

    def listed(self) -> tuple[Peer, ...]:
        """One entry a node, at the address that is reached best, by name."""
        best: dict[NodeId, Peer] = {}
        for peer in self.seen.values():
            held = best.get(peer.node_id)
            if held is None or _distance(peer.address) < _distance(held.address):
                best[peer.node_id] = peer
        return tuple(sorted(best.values(), key=lambda peer: (peer.name, peer.node_id)))


def valid_address(address: str) -> str | None:
    """The address as Python writes it, or None where it is none that another node could have."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return None if parsed.is_multicast or parsed.is_unspecified else str(parsed)


def _distance(address: str) -> tuple[bool, bool]:
    """IPv4 before IPv6 and routed before link-local, which needs an interface beside it."""
    parsed = ipaddress.ip_address(address)
    return parsed.is_link_local, parsed.version == 6

"""The list of peers has one entry a node, at its best address, and cannot be filled up."""

import pytest

from mesh.peers import Peers, Sighting
from tests.mesh.conftest import announcement

BOX, OTHER = announcement("hearth-aaaa", "a"), announcement("hearth-bbbb", "b")
WIRE_4, WIRE_6 = Sighting(2, 0, "hearth-aaaa"), Sighting(2, 1, "hearth-aaaa")


def test_a_node_seen_twice_is_listed_once_at_the_address_that_is_reached_best() -> None:
    peers = Peers(most=8)

    peers = peers.with_peer(WIRE_6, BOX, "fe80::1", 443)
    peers = peers.with_peer(WIRE_4, BOX, "192.168.1.9", 443)

    assert [peer.address for peer in peers.listed()] == ["192.168.1.9"]


def test_a_node_is_gone_when_its_last_sighting_is() -> None:
    peers = Peers(most=8).with_peer(WIRE_4, BOX, "192.168.1.9", 443).with_peer(WIRE_6, BOX, "fe80::1", 443)

    assert [peer.address for peer in peers.without(WIRE_4).listed()] == ["fe80::1"]
    assert peers.without(WIRE_4).without(WIRE_6).listed() == ()


def test_nodes_are_listed_by_name() -> None:
    peers = Peers(most=8).with_peer(Sighting(2, 0, "x"), OTHER, "10.0.0.2", 1).with_peer(WIRE_4, BOX, "10.0.0.1", 1)

    assert [peer.name for peer in peers.listed()] == ["hearth-aaaa", "hearth-bbbb"]


def test_a_full_list_stays_as_it_is_but_follows_those_in_it() -> None:
    full = Peers(most=1).with_peer(WIRE_4, BOX, "10.0.0.1", 443)

    assert full.with_peer(WIRE_6, OTHER, "10.0.0.2", 443) == full
    assert full.with_peer(WIRE_4, BOX, "10.0.0.7", 443).listed()[0].address == "10.0.0.7"


@pytest.mark.parametrize(
    ("address", "port"), [("224.0.0.1", 443), ("0.0.0.0", 443), ("evil.example", 443), ("10.0.0.1", 0), ("", 443)]
)
def test_an_address_that_no_node_can_have_is_left_out(address: str, port: int) -> None:
    assert Peers(most=8).with_peer(WIRE_4, BOX, address, port).listed() == ()

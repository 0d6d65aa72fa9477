"""What makes WireGuard wires takes nothing from its asker but two addresses, a key and a place."""

import os
import socket
import sys
from pathlib import Path

import pytest

from assistant.parser.client import ChildTransport, UnitTransport
from mesh.errors import WireRefusedError
from mesh.wires import Ends, asking_end, lending_end
from services.run_wire import endpoint
from services.wires import MadeWires

MAKER = ChildTransport([sys.executable, "-m", "services.run_wire"])


@pytest.fixture
def network() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY)


async def test_what_was_not_asked_for_properly_is_refused_before_anything_is_made(network: int) -> None:
    for own in ("10.72.0.1; reboot", "192.168.1.1", "10.72.0.1 dev lo", ""):
        with pytest.raises(WireRefusedError, match="nobody asked properly"):
            async with MadeWires(MAKER).opened(network, Ends(own=own, theirs="10.72.0.2")):
                pass


async def test_where_nobody_makes_wires_that_is_said(network: int, tmp_path: Path) -> None:
    with pytest.raises(WireRefusedError, match="nobody makes one here"):
        async with MadeWires(UnitTransport(tmp_path / "wire.sock")).opened(network, asking_end(0)):
            pass


def test_the_two_ends_of_a_wire_are_each_others() -> None:
    asking, lending = asking_end(3), lending_end(3)

    assert (asking.own, asking.theirs) == (lending.theirs, lending.own) == ("10.72.3.1", "10.72.3.2")


def test_a_network_card_is_told_by_its_number() -> None:
    """Inside the other network its name means nothing."""
    number = socket.if_nametoindex("lo")

    assert endpoint("192.168.1.7", 50) == "192.168.1.7:50"
    assert endpoint("fd00::7", 50) == "[fd00::7]:50"
    assert endpoint("fe80::7%lo", 50) == f"[fe80::7%{number}]:50"
    assert endpoint("fe80::7%4", 50) == "[fe80::7%4]:50"

"""The ports that strangers reach: bound on both families, prompt, and a taken one is told."""

import socket

import pytest

from services.doors import bound
from services.errors import PortTakenError


@pytest.mark.parametrize("address", ["::", "127.0.0.1"])
def test_a_connection_sends_small_pieces_at_once(address: str) -> None:
    with bound(address, 0) as door, socket.create_connection(("127.0.0.1", door.getsockname()[1])):
        accepted, _address = door.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_told_by_its_number() -> None:
    with bound("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} can't be opened"):
            bound("127.0.0.1", port)

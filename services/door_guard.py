"""Says whether who called at a loopback door is a process of this product's own user (proc_net(5), socket(7)).

On the appliance the engine's loopback is a network of its own, in which nobody else is. On another PC it is the one of
all users of that PC, and the kernel tells whose a connection is.
"""

import os
import socket
from pathlib import Path
from typing import Final

SO_NETNS_COOKIE: Final = 71
"""Linux 5.14 and newer; not yet in the socket module."""


def is_ours(door: socket.socket, caller: tuple[str, int]) -> bool:
    """Whether the one at the other end of a connection to `door` is our own user, or `door` is in a network apart."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as here:
        try:
            is_apart = _network(door) != _network(here)
        except OSError:
            is_apart = False
    return is_apart or owner(Path("/proc/self/net/tcp"), caller, door.getsockname()[1]) == os.getuid()


def owner(table: Path, caller: tuple[str, int], port: int) -> int | None:
    """The user id of the process that called from `caller` at our loopback `port`; None where there is none such."""
    raw = socket.inet_aton(caller[0])
    wanted = (f"{int.from_bytes(raw, 'little'):08X}:{caller[1]:04X}", f"0100007F:{port:04X}")
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if (words[1], words[2]) == wanted:
            return int(words[7])
    return None


def _network(any_socket: socket.socket) -> bytes:
    return any_socket.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8)

"""Puts this very process into a network of its own, which is nothing but a loopback (unshare(2), netdevice(7)).

The way of a box without systemd; on the appliance the unit says `PrivateNetwork=yes`, and nothing is left to do here.
"""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_NOBODY: Final = 65534
NETWORK: Final = Path("/proc/self/ns/net")
"""The network that this process is in: whoever holds it open can reach it."""
_INTERFACES: Final = Path("/proc/self/net/dev")


def is_apart() -> bool:
    """Whether this process sees no network but a loopback."""
    lines = _INTERFACES.read_text(encoding="ascii").splitlines()
    return [line.split(":")[0].strip() for line in lines if ":" in line] == ["lo"]


def go_apart() -> None:
    """Leave every network but a fresh loopback, and every capability; raises OSError where the kernel says no."""
    user = os.getuid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {user} 1", encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = b"lo".ljust(16, b"\0")
        told = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, name + bytes(16))
        flags = struct.unpack_from("<H", told, 16)[0] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, name + struct.pack("<H", flags) + bytes(14))

"""Opens the front door's ports: those that systemd hands over, else ones that this process binds itself."""

import socket
from dataclasses import dataclass

from systemd import daemon

from services.errors import PortTakenError
from services.settings import ListenSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Bound sockets, by what is spoken on them."""

    https: list[socket.socket]
    http: list[socket.socket]


def open_doors(listen: ListenSettings) -> Doors:
    """The sockets named `https` and `http` that systemd holds open for us, else ours; raises `PortTakenError`."""
    named: dict[str, list[socket.socket]] = {"https": [], "http": []}
    for descriptor, name in daemon.listen_fds_with_names().items():
        named[name].append(_prompt(socket.socket(fileno=descriptor)))
    if named["https"]:
        return Doors(https=named["https"], http=named["http"])
    return Doors(https=[bound(listen.address, listen.https_port)], http=[bound(listen.address, listen.http_port)])


def open_mesh_door(address: str, port: int) -> socket.socket:
    """The socket named `mesh` that systemd holds open for us, else one at this port, else at any free one.

    Raises `PortTakenError` where there is none at all.
    """
    for descriptor, name in daemon.listen_fds_with_names().items():
        if name == "mesh":
            return _prompt(socket.socket(fileno=descriptor))
    try:
        return bound(address, port)
    except PortTakenError:
        return bound(address, 0)


def bound(address: str, port: int) -> socket.socket:
    """A TCP socket bound to the port; on `::` it takes IPv4 too. Raises `PortTakenError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        door.bind((address, port))
        door.listen(256)
    except OSError as error:
        door.close()
        message = f"Port {port} can't be opened: {error.strerror}. Stop what uses it, or choose another port."
        raise PortTakenError(message) from error
    return _prompt(door)


def _prompt(door: socket.socket) -> socket.socket:
    """The same; what it accepts sends small pieces at once.

    Linux gives the option on to each connection. asyncio sets it as well, but not where the door names no protocol, and
    every answer's body then waited 40 ms for the acknowledgement of its head.
    """
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


def accepts(door: socket.socket) -> bool:
    """Whether our own port takes a connection, made as a browser would make it."""
    host, port = door.getsockname()[:2]
    target = {"::": "::1", "0.0.0.0": "127.0.0.1"}.get(host, host)
    try:
        with socket.create_connection((target, port), timeout=5):
            return True
    except OSError:
        return False

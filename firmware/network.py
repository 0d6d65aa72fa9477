"""Owns reading this PC's network addresses, without a connection, a packet or a helper program."""

import fcntl
import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from firmware.tree import Tree

INTERFACES = "sys/class/net"
SIOCGIFADDR = 0x8915  # netdevice(7)
LOOPBACK, UP = "lo", ("up", "unknown")
IPV6_GLOBAL, IPV6_LINK = 0x00, 0x20  # scopes of /proc/net/if_inet6
IPV6_UNUSABLE = 0x01 | 0x08 | 0x20 | 0x40  # temporary, duplicate, deprecated, tentative


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of this PC on a network."""

    interface: str
    ip: str
    link_local: bool
    """Made up by the PC itself, where no router gave it one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How this PC is on the network now."""

    addresses: tuple[Address, ...] = ()
    """The most useful first: IPv4, IPv6, then link-local ones."""
    connected: bool = False
    """A cable is plugged in, or a wireless network joined."""


def read_network(root: Path = Path("/")) -> Network:
    """The addresses and links of this PC; the loopback does not count."""
    tree = Tree(root)
    names = [
        name
        for name in tree.names(INTERFACES)
        if name != LOOPBACK and tree.text(f"{INTERFACES}/{name}/operstate") in UP
    ]
    found = [address for name in names if (address := _ipv4_address(name))]
    found += [address for address in ipv6_addresses(tree.text("proc/net/if_inet6") or "") if address.interface in names]
    return Network(
        addresses=tuple(sorted(found, key=lambda address: (address.link_local, ":" in address.ip))),
        connected=any(tree.number(f"{INTERFACES}/{name}/carrier") == 1 for name in names),
    )


def ipv6_addresses(if_inet6: str) -> list[Address]:
    """The lasting addresses in the text of /proc/net/if_inet6: address, index, prefix, scope, flags, interface."""
    found = []
    for line in if_inet6.splitlines():
        number, _, _, scope, flags, interface = line.split()
        if int(scope, 16) in (IPV6_GLOBAL, IPV6_LINK) and not int(flags, 16) & IPV6_UNUSABLE:
            ip = str(ipaddress.IPv6Address(int(number, 16)))
            found.append(Address(interface=interface, ip=ip, link_local=int(scope, 16) == IPV6_LINK))
    return found


def _ipv4_address(interface: str) -> Address | None:
    request = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unconnected:
        try:
            answer = fcntl.ioctl(unconnected, SIOCGIFADDR, request)
        except OSError:
            return None
    ip = ipaddress.IPv4Address(answer[20:24])
    return Address(interface=interface, ip=str(ip), link_local=ip.is_link_local)

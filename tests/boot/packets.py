"""What a guest sent, from QEMU's packet dump, and which of it was meant for somebody outside the house."""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

GUEST = bytes.fromhex("525400123456")  # QEMU's first network card
_FILE_HEADER = struct.Struct("<IHHiIII")  # libpcap's savefile(5)
_PACKET_HEADER = struct.Struct("<IIII")
_MAGIC = 0xA1B2C3D4
_ARP, _IPV4, _IPV6 = 0x0806, 0x0800, 0x86DD
_ICMP, _IGMP, _TCP, _UDP, _ICMPV6 = 1, 2, 6, 17, 58
_NAMES = {_ICMP: "icmp", _IGMP: "igmp", _TCP: "tcp", _UDP: "udp", _ICMPV6: "icmpv6"}
_SYN, _ACK = 0x02, 0x10
_SERVED = {80, 443}
_LOCAL_UDP = {67, 5353, 547}  # DHCP, mDNS, DHCPv6
_THE_LINK = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"), ipaddress.ip_network("fe80::/10"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One IP packet that the guest sent."""

    source: str
    destination: str
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    opens: bool = False  # the first packet of a TCP connection

    def __str__(self) -> str:
        name = _NAMES.get(self.protocol, str(self.protocol))
        return f"{name} {self.source}:{self.source_port} → {self.destination}:{self.destination_port}"


def leaving(packets: Iterator[Packet]) -> tuple[str, ...]:
    """Each packet, once, that asks somebody beyond the link, or opens a connection."""
    return tuple(dict.fromkeys(str(packet) for packet in packets if not _is_domestic(packet)))


def sent(dump: bytes, *, by: bytes = GUEST) -> Iterator[Packet]:
    """The IP packets in a pcap file whose Ethernet source is `by`; ARP is passed over."""
    if len(dump) < _FILE_HEADER.size or _FILE_HEADER.unpack_from(dump)[0] != _MAGIC:
        msg = "This is not a little-endian pcap file."
        raise ValueError(msg)
    place = _FILE_HEADER.size
    while place + _PACKET_HEADER.size <= len(dump):
        _, _, kept, _ = _PACKET_HEADER.unpack_from(dump, place)
        place += _PACKET_HEADER.size
        frame = dump[place : place + kept]
        place += kept
        if frame[6:12] != by:
            continue
        kind = int.from_bytes(frame[12:14], "big")
        if kind == _IPV4:
            yield _ipv4(frame[14:])
        elif kind == _IPV6:
            yield _ipv6(frame[14:])
        elif kind != _ARP:
            yield Packet(source=frame[6:12].hex(), destination=frame[:6].hex(), protocol=kind)


def _is_domestic(packet: Packet) -> bool:
    destination = ipaddress.ip_address(packet.destination) if packet.protocol in _NAMES else None
    if destination is None:
        return False
    on_the_link = str(destination) == "255.255.255.255" or any(destination in network for network in _THE_LINK)
    match packet.protocol:
        case 6:
            return packet.source_port in _SERVED and not packet.opens  # an answer to somebody who came to the page
        case 17:
            lease = packet.source_port == 68 and packet.destination_port == 67  # a renewal goes to the server itself
            return lease or (on_the_link and packet.destination_port in _LOCAL_UDP)
        case 2 | 58:
            return on_the_link or destination.is_link_local
        case _:
            return False


def _ipv4(packet: bytes) -> Packet:
    header_bytes = (packet[0] & 0x0F) * 4
    return _packet(
        str(ipaddress.IPv4Address(packet[12:16])),
        str(ipaddress.IPv4Address(packet[16:20])),
        packet[9],
        packet[header_bytes:],
    )


def _ipv6(packet: bytes) -> Packet:
    protocol, rest = packet[6], packet[40:]
    if protocol == 0:  # hop-by-hop options, which multicast listener reports carry
        protocol, rest = rest[0], rest[8 + rest[1] * 8 :]
    return _packet(str(ipaddress.IPv6Address(packet[8:24])), str(ipaddress.IPv6Address(packet[24:40])), protocol, rest)


def _packet(source: str, destination: str, protocol: int, rest: bytes) -> Packet:
    if protocol not in {_TCP, _UDP}:
        return Packet(source=source, destination=destination, protocol=protocol)
    source_port, destination_port = struct.unpack_from(">HH", rest)
    opens = protocol == _TCP and rest[13] & (_SYN | _ACK) == _SYN
    return Packet(
        source=source,
        destination=destination,
        protocol=protocol,
        source_port=source_port,
        destination_port=destination_port,
        opens=opens,
    )

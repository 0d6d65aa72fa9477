"""The judgement over a packet dump, on packets made by hand; no guest is needed."""

import ipaddress
import struct
from collections.abc import Sequence

import pytest

from tests.boot.packets import GUEST, leaving, sent

ROUTER = bytes.fromhex("52550a000202")
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10


def dump(*frames: bytes) -> bytes:
    """A pcap file of these frames."""
    records = b"".join(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + records


def frame(destination: str, protocol: int, payload: bytes, *, by: bytes = GUEST) -> bytes:
    """An Ethernet frame with an IP packet from the guest's usual address."""
    if ":" in destination:
        header = struct.pack(">IHBB", 0x60000000, len(payload), protocol, 255) + ipaddress.IPv6Address("fe80::1").packed
        return ROUTER + by + b"\x86\xdd" + header + ipaddress.IPv6Address(destination).packed + payload
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    header += ipaddress.IPv4Address("10.0.2.15").packed + ipaddress.IPv4Address(destination).packed
    return ROUTER + by + b"\x08\x00" + header + payload


def udp(destination: str, source_port: int, port: int) -> bytes:
    return frame(destination, 17, struct.pack(">HHHH", source_port, port, 8, 0))


def tcp(destination: str, source_port: int, port: int, flags: int) -> bytes:
    return frame(destination, 6, struct.pack(">HHIIBBHHH", source_port, port, 0, 0, 0x50, flags, 0, 0, 0))


@pytest.mark.parametrize(
    "packet",
    [
        udp("255.255.255.255", 68, 67),
        udp("10.0.2.2", 68, 67),
        udp("224.0.0.251", 5353, 5353),
        udp("ff02::fb", 5353, 5353),
        udp("ff02::1:2", 546, 547),
        frame("224.0.0.22", 2, b"\0" * 8),
        frame("ff02::2", 58, b"\x85" + b"\0" * 7),
        frame("ff02::16", 0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + b"\x8f" + b"\0" * 7),
        tcp("10.0.2.2", 443, 50000, SYN_ACK),
        tcp("10.0.2.2", 443, 50000, ACK),
        ROUTER + GUEST + b"\x08\x06" + bytes(28),
    ],
)
def test_what_stays_on_the_link_does_not_leave(packet: bytes) -> None:
    assert leaving(sent(dump(packet))) == ()


@pytest.mark.parametrize(
    ("packet", "told"),
    [
        (udp("10.0.2.3", 40000, 53), "udp 10.0.2.15:40000 → 10.0.2.3:53"),
        (udp("192.0.2.1", 123, 123), "udp 10.0.2.15:123 → 192.0.2.1:123"),
        (udp("224.0.0.252", 5355, 5355), "udp 10.0.2.15:5355 → 224.0.0.252:5355"),
        (tcp("192.0.2.1", 50000, 443, SYN), "tcp 10.0.2.15:50000 → 192.0.2.1:443"),
        (tcp("192.0.2.1", 443, 50000, SYN), "tcp 10.0.2.15:443 → 192.0.2.1:50000"),
        (frame("192.0.2.1", 1, b"\x08" + bytes(7)), "icmp 10.0.2.15:0 → 192.0.2.1:0"),
        (udp("2001:db8::1", 40000, 53), "udp fe80::1:40000 → 2001:db8::1:53"),
    ],
)
def test_what_is_meant_for_somebody_outside_is_told(packet: bytes, told: str) -> None:
    assert leaving(sent(dump(packet))) == (told,)


def test_what_others_sent_does_not_count() -> None:
    reply = frame("10.0.2.15", 17, struct.pack(">HHHH", 53, 40000, 8, 0), by=ROUTER)

    assert leaving(sent(dump(reply))) == ()


def test_a_repeated_attempt_is_told_once() -> None:
    attempts: Sequence[bytes] = [udp("10.0.2.3", 40000, 53)] * 3

    assert len(leaving(sent(dump(*attempts)))) == 1


def test_another_file_is_not_a_dump() -> None:
    with pytest.raises(ValueError, match="not a little-endian pcap"):
        list(sent(b"something else entirely, and long"))

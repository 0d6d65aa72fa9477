"""Unified kernel images with made-up content."""

import struct


def unified_kernel(parts: dict[str, bytes]) -> bytes:
    """A PE file with these sections, each padded to 512 bytes as the linker does."""
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(parts), 0, 0, 0, 16, 0) + bytes(16)
    offset = 4096
    table, body = b"", b""
    for name, content in parts.items():
        raw_size = -(-len(content) // 512) * 512
        table += struct.pack("<8sIIII16x", name.encode(), len(content), 0, raw_size, offset + len(body))
        body += content.ljust(raw_size, b"\0")
    return (header + table).ljust(offset, b"\0") + body

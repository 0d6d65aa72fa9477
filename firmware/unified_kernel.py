"""What lies in a unified kernel image: kernel, initrd and command line. Source: UAPI.5, and Microsoft's PE format."""

import struct
from dataclasses import dataclass

_HEADER_OFFSET = 0x3C  # PE/COFF: where the file says its PE header begins
_SECTION = struct.Struct("<8sIIII16x")  # name, virtual size, virtual address, raw size, raw offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Where one named part lies in the file."""

    name: str
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelParts:
    """What a boot loader other than the firmware needs."""

    linux: bytes
    initrd: bytes
    command_line: str


def kernel_parts(content: bytes) -> KernelParts | None:
    """The parts of a unified kernel image; None for any other file."""
    found = {section.name: section for section in sections(content)}
    if not {".linux", ".initrd", ".cmdline"} <= found.keys():
        return None

    def part(name: str) -> bytes:
        return content[found[name].offset : found[name].offset + found[name].size_bytes]

    command_line = part(".cmdline").rstrip(b"\0\n").decode()
    return KernelParts(linux=part(".linux"), initrd=part(".initrd"), command_line=command_line)


def sections(content: bytes) -> tuple[Section, ...]:
    """The sections of a PE file, in its order and the first of each name only; nothing for any other file."""
    try:
        (header,) = struct.unpack_from("<I", content, _HEADER_OFFSET)
        if content[:2] != b"MZ" or content[header : header + 4] != b"PE\0\0":
            return ()
        count, optional_size = struct.unpack_from("<2xH12xH", content, header + 4)
        table = header + 24 + optional_size
        entries = [_SECTION.unpack_from(content, table + index * _SECTION.size) for index in range(count)]
    except struct.error:
        return ()
    found: dict[str, Section] = {}
    for raw_name, virtual_size, _, raw_size, offset in entries:
        name = raw_name.rstrip(b"\0").decode("ascii", "replace")
        # The raw size is padded to the file's alignment; the virtual size is the content's own.
        found.setdefault(name, Section(name=name, offset=offset, size_bytes=min(virtual_size, raw_size)))
    return tuple(found.values())

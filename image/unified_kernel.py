"""The kernel, initrd and command line inside a unified kernel image, for a boot without UEFI firmware."""

import struct
from dataclasses import dataclass
from pathlib import Path

from image.errors import NotAUnifiedKernelError
from image.guest import Kernel

_HEADER_OFFSET = 0x3C  # PE/COFF: where the file says its PE header begins
_SECTION = struct.Struct("<8sIIII16x")  # name, virtual size, virtual address, raw size, raw offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Where one named part lies in the file."""

    name: str
    offset: int
    size_bytes: int


def unpack(unified: Path, folder: Path) -> Kernel:
    """Write `linux` and `initrd` of the unified kernel image into `folder`; raises NotAUnifiedKernelError."""
    content = unified.read_bytes()
    parts = {section.name: section for section in sections(content)}
    if not {".linux", ".initrd", ".cmdline"} <= parts.keys():
        msg = f"{unified} is not a unified kernel image; `make image` makes one."
        raise NotAUnifiedKernelError(msg)

    def part(name: str) -> bytes:
        return content[parts[name].offset : parts[name].offset + parts[name].size_bytes]

    folder.mkdir(parents=True, exist_ok=True)
    linux, initrd = folder / "linux", folder / "initrd"
    linux.write_bytes(part(".linux"))
    initrd.write_bytes(part(".initrd"))
    return Kernel(linux=linux, initrd=initrd, command_line=part(".cmdline").rstrip(b"\0\n").decode())


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

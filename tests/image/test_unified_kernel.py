"""Kernel, initrd and command line out of a unified kernel image."""

import struct
from pathlib import Path

import pytest

from image.errors import NotAUnifiedKernelError
from image.unified_kernel import unpack


def pe_file(parts: dict[str, bytes]) -> bytes:
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


def test_the_parts_come_out_without_padding(tmp_path: Path) -> None:
    unified = tmp_path / "hearth.efi"
    unified.write_bytes(pe_file({".linux": b"kernel", ".initrd": b"initrd" * 200, ".cmdline": b"ro quiet\0"}))

    kernel = unpack(unified, tmp_path / "parts")

    assert kernel.linux.read_bytes() == b"kernel"
    assert kernel.initrd is not None
    assert kernel.initrd.read_bytes() == b"initrd" * 200
    assert kernel.command_line == "ro quiet"


def test_the_first_command_line_is_the_one_of_the_usual_boot(tmp_path: Path) -> None:
    unified = tmp_path / "hearth.efi"
    content = bytearray(pe_file({".linux": b"k", ".initrd": b"i", ".cmdline": b"usual", ".cmdlinX": b"reset"}))
    unified.write_bytes(content.replace(b".cmdlinX", b".cmdline"))

    assert unpack(unified, tmp_path).command_line == "usual"


@pytest.mark.parametrize("content", [b"", b"MZ", b"something else" * 100, pe_file({".text": b"a program"})])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.efi"
    other.write_bytes(content)

    with pytest.raises(NotAUnifiedKernelError, match="not a unified kernel image"):
        unpack(other, tmp_path)

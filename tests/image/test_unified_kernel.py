"""Kernel, initrd and command line out of a unified kernel image."""

from pathlib import Path

import pytest

from image.errors import NotAUnifiedKernelError
from image.unified_kernel import unpack
from tests.unified_kernel import unified_kernel


def test_the_parts_come_out_without_padding(tmp_path: Path) -> None:
    unified = tmp_path / "hearth.efi"
    unified.write_bytes(unified_kernel({".linux": b"kernel", ".initrd": b"initrd" * 200, ".cmdline": b"ro quiet\0"}))

    kernel = unpack(unified, tmp_path / "parts")

    assert kernel.linux.read_bytes() == b"kernel"
    assert kernel.initrd is not None
    assert kernel.initrd.read_bytes() == b"initrd" * 200
    assert kernel.command_line == "ro quiet"


def test_the_first_command_line_is_the_one_of_the_usual_boot(tmp_path: Path) -> None:
    unified = tmp_path / "hearth.efi"
    content = bytearray(unified_kernel({".linux": b"k", ".initrd": b"i", ".cmdline": b"usual", ".cmdlinX": b"reset"}))
    unified.write_bytes(content.replace(b".cmdlinX", b".cmdline"))

    assert unpack(unified, tmp_path).command_line == "usual"


@pytest.mark.parametrize("content", [b"", b"MZ", b"something else" * 100, unified_kernel({".text": b"a program"})])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.efi"
    other.write_bytes(content)

    with pytest.raises(NotAUnifiedKernelError, match="not a unified kernel image"):
        unpack(other, tmp_path)

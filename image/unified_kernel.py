"""The kernel, initrd and command line inside a unified kernel image, for a boot without UEFI firmware."""

from pathlib import Path

from firmware.unified_kernel import kernel_parts
from image.errors import NotAUnifiedKernelError
from image.guest import Kernel


def unpack(unified: Path, folder: Path) -> Kernel:
    """Write `linux` and `initrd` of the unified kernel image into `folder`; raises NotAUnifiedKernelError."""
    parts = kernel_parts(unified.read_bytes())
    if parts is None:
        msg = f"{unified} is not a unified kernel image; `make image` makes one."
        raise NotAUnifiedKernelError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    linux, initrd = folder / "linux", folder / "initrd"
    linux.write_bytes(parts.linux)
    initrd.write_bytes(parts.initrd)
    return Kernel(linux=linux, initrd=initrd, command_line=parts.command_line)

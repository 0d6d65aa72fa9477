"""Owns what the names of the kernels on the EFI system partition say about the versions that are on this disk.

`hearth_0.2.0+2-1.efi` has two tries left and has used one; without a count it is known to work. Source: systemd's
Automatic Boot Assessment. A legacy BIOS knows nothing of it: its menu keeps a count of its own (`menu.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from firmware.updates.system import SystemState
from firmware.updates.versions import Version, is_newer, newest, version_in

_NAME: Final = re.compile(r"hearth_([0-9.]{1,40})(?:\+([0-9]{1,3})(?:-([0-9]{1,3}))?)?\.efi")


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFile:
    """One version's kernel: `tries_left` is None once it was seen to work."""

    name: str
    version: Version
    tries_left: int | None
    tries_done: int

    def fresh(self) -> str:
        """The name of one that was just installed."""
        return f"hearth_{self.version}+3-0.efi"

    def proven(self) -> str:
        """The name that says that it works."""
        return f"hearth_{self.version}.efi"

    def given_up(self) -> str:
        """The name that says that it was tried, and never worked."""
        return f"hearth_{self.version}+0-{max(1, self.tries_done + (self.tries_left or 0))}.efi"


def kernel_files(names: Iterable[str]) -> list[KernelFile]:
    """The kernels among these file names."""
    found = []
    for name in names:
        matched = _NAME.fullmatch(name)
        version = version_in(matched[1]) if matched else None
        if matched and version:
            left = int(matched[2]) if matched[2] else None
            found.append(KernelFile(name=name, version=version, tries_left=left, tries_done=int(matched[3] or 0)))
    return found


def state_of(kernels: Iterable[KernelFile], running: Version) -> SystemState:
    """What there is besides the version that runs. Only a later one can be waiting, or have failed."""
    later = [kernel for kernel in kernels if is_newer(kernel.version, running)]
    return SystemState(
        running=running,
        waiting=newest([kernel.version for kernel in later if kernel.tries_left != 0]),
        failed=newest([kernel.version for kernel in later if kernel.tries_left == 0]),
    )


def is_on_trial(kernels: Iterable[KernelFile], running: Version) -> bool:
    """Whether the running version was not seen to work yet, and there is an earlier one to go back to."""
    kernels = list(kernels)
    return any(kernel.version == running and kernel.tries_left is not None for kernel in kernels) and any(
        is_newer(running, kernel.version) for kernel in kernels
    )

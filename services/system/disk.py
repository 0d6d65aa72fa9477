"""Owns which disk this system runs from, and its EFI system partition while something is written there."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware.disks import read_disks
from firmware.tree import Tree

ESP_LABEL: Final = "hearth-esp"
SETTLING_SECONDS: Final = 10.0
# mount(2)
_NO_PROGRAMS: Final = 0x2 | 0x4 | 0x8


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDisk:
    """The device files of the disk and of its EFI system partition."""

    disk: Path
    esp: Path


def system_disk(tree: Tree, devices: Path = Path("/dev")) -> SystemDisk | None:
    """The one disk below the running root; None where there is none, or not one of ours.

    Two sticks of ours may be in one PC, so the partition is looked for on this disk, and not by its name alone.
    """
    own = [disk.name for disk in read_disks(tree) if disk.running_from]
    if len(own) != 1:
        return None
    for name in tree.names(f"sys/block/{own[0]}"):
        said = tree.text(f"sys/block/{own[0]}/{name}/uevent") or ""
        if f"PARTNAME={ESP_LABEL}" in said.splitlines():
            return SystemDisk(disk=devices / own[0], esp=devices / name)
    return None


@contextmanager
def mounted(esp: Path, folder: Path) -> Iterator[Path]:
    """The partition at `folder`, for this process's own view of the file systems; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    words = b"umask=0077,errors=remount-ro"
    if libc.mount(os.fsencode(esp), os.fsencode(folder), b"vfat", ctypes.c_ulong(_NO_PROGRAMS), words) != 0:
        raise _error()
    try:
        yield folder
    finally:
        os.sync()
        _unmounted(libc, folder)


def _unmounted(libc: ctypes.CDLL, folder: Path) -> None:
    """What was written last may keep it busy for a moment."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while libc.umount2(os.fsencode(folder), 0) != 0:
        if time.monotonic() > deadline:
            raise _error()
        time.sleep(0.1)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))

"""`hearth-stick@`: writes one backup onto one USB disk, over standard input's socket, and ends.

Disks are mounted to be read, for everybody. This process makes one writable inside its own view of the file systems,
writes the one file, and makes it read-only again; no other process sees it writable at any moment.
"""

import contextlib
import ctypes
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.backup.disk_wire import serve
from assistant.backup.errors import BackupNotWrittenError
from firmware.disks import read_disks
from firmware.tree import Tree

STICKS: Final = Path("/run/hearth/sticks")
WRITABLE_KINDS: Final = frozenset({"vfat", "exfat", "ntfs3", "ext4"})
# mount(2)
_READ_ONLY: Final = 0x1
_NO_PROGRAMS: Final = 0x2 | 0x4 | 0x8  # no set-user-ID, no devices, nothing is run
_REMOUNT: Final = 0x20
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Something that is mounted. Source: proc_pid_mountinfo(5)."""

    device: str
    folder: Path
    kind: str


def main() -> int:
    """Serve the one connection that systemd gave us as file descriptor 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the disk is made read-only all the same
    os.umask(0o022)
    with socket.socket(fileno=os.dup(0)) as connection:
        serve(connection, writable)
    return 0


@contextlib.contextmanager
def writable(name: str) -> Iterator[Path]:
    """The disk of this name as a folder to write to. Raises `BackupNotWrittenError`."""
    folder = STICKS / name
    mount = mount_at(folder, Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace"))
    if mount is None or folder.parent != STICKS:
        raise BackupNotWrittenError("gone")
    if is_own(mount.device, Tree(Path("/"))):
        raise BackupNotWrittenError("own")
    if mount.kind not in WRITABLE_KINDS:
        raise BackupNotWrittenError("read_only")
    _remount(folder, _NO_PROGRAMS)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            _remount(folder, _NO_PROGRAMS | _READ_ONLY)


def mount_at(folder: Path, mountinfo: str) -> Mount | None:
    """What is mounted at this very folder, the topmost."""
    found = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        place = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4]))
        if place == folder:
            found = Mount(device=fields[2], folder=place, kind=after.split()[0])
    return found


def is_own(device: str, tree: Tree) -> bool:
    """Whether this device (`MAJOR:MINOR`) lies on a disk that the running system was started from."""
    steps = (tree.target(f"sys/dev/block/{device}") or "").split("/")
    return any(disk.running_from and disk.name in steps for disk in read_disks(tree))


def _remount(folder: Path, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", os.fsencode(folder), None, ctypes.c_ulong(_REMOUNT | flags), None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main())

"""The room on a disk: people's files leave the last of it to what Hearth has to write down about them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

KEPT_FREE_BYTES: Final = 500_000_000
"""Of a disk, for the library and the system; less of one that is small."""
_SMALL_DISK_SHARE: Final = 8


class Usage(NamedTuple):
    """A disk's bytes, as `shutil.disk_usage` tells them."""

    total: int
    used: int
    free: int


def usage_of(folder: Path) -> Usage:
    """How full the disk is that this folder is on, or will be."""
    while not folder.exists():
        folder = folder.parent
    return Usage(*shutil.disk_usage(folder))


class Room:
    """What is left on the disk of a folder.

    It becomes full in steps, so that its owner can still sign in, look, and delete: files are refused while the
    indexes of those that are there still grow, and the indexes wait while the database can still be written.
    """

    def __init__(self, folder: Path, usage: Callable[[Path], Usage] = usage_of) -> None:
        self._folder = folder
        self._usage = usage

    def takes_files(self) -> bool:
        """Whether more of somebody's files may be kept."""
        usage = self._usage(self._folder)
        return usage.free > kept_free_bytes(usage)

    def takes_indexes(self) -> bool:
        """Whether the indexes may grow."""
        usage = self._usage(self._folder)
        return usage.free > kept_free_bytes(usage) // 2


def kept_free_bytes(usage: Usage) -> int:
    """What files leave of this disk."""
    return min(KEPT_FREE_BYTES, usage.total // _SMALL_DISK_SHARE)

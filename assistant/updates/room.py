"""Whether an update finds room on the disk: to be kept, and for the copy that lies there while it is installed."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assistant.room import Usage, kept_free_bytes
from assistant.updates.errors import NoRoomForUpdateError

INSTALLING_SHARE: Final = 1.6
"""What lies on the disk while an update is installed, as a share of its file."""
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def ensure_room(folder: Path, usage: Callable[[Path], Usage], *, keeping_bytes: int, installing_bytes: int) -> None:
    """Raises `NoRoomForUpdateError` with the numbers, in bytes of a file, where either would fill the disk."""
    disk = usage(folder)
    left = max(0, disk.free - kept_free_bytes(disk))
    wanted = keeping_bytes + round(installing_bytes * INSTALLING_SHARE)
    if wanted > left:
        message = (
            f"This update needs {_told(wanted)} on the disk until it is installed, and {_told(left)} are left for it. "
            "Delete files or a model, and try again."
        )
        raise NoRoomForUpdateError(message)


@contextmanager
def told_when_full() -> Iterator[None]:
    """Turn the disk's end into `NoRoomForUpdateError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            message = "The disk became full, so nothing was kept. Delete files or a model, and try again."
            raise NoRoomForUpdateError(message) from error
        raise


def _told(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e8 else f"{size_bytes / 1e6:.1f} MB"

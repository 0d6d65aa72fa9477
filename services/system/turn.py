"""Owns that one process at a time changes what this disk starts: the others wait for it, some not for ever."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firmware.updates.errors import UpdateRefusedError

FILE: Final = "lock"
_LOOK_SECONDS: Final = 0.2


@contextmanager
def alone(work: Path, wait_seconds: float | None = None) -> Iterator[None]:
    """The block runs alone in `work`. Blocking; raises UpdateRefusedError after `wait_seconds`, where there are any."""
    with (work / FILE).open("w") as lock:
        if wait_seconds is None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        else:
            deadline = time.monotonic() + wait_seconds
            while not _taken(lock.fileno()):
                if time.monotonic() >= deadline:
                    message = "An update is being installed already. Wait until it is done."
                    raise UpdateRefusedError("busy", message)
                time.sleep(_LOOK_SECONDS)
        yield


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

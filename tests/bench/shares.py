"""Equal shares of the processors for programs that are measured, by the kernel's control groups; takes root.

Source: the kernel's documentation of CFS bandwidth control, for both versions of control groups.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PERIOD_US: Final = 20_000
LEAVING_SECONDS: Final = 10.0
_ROOT: Final = Path("/sys/fs/cgroup")
_OLD: Final = _ROOT / "cpu"


@contextmanager
def share(of_a_core: float) -> Iterator[Path]:
    """The file into which the number of a process is written that gets so much of a core and no more.

    What it starts later shares with it. The group is gone after the block, and all of its processes have to be.
    """
    group = (_OLD if _OLD.is_dir() else _ROOT) / f"hearth-bench-{os.getpid()}-{os.urandom(3).hex()}"
    group.mkdir()
    quota = round(PERIOD_US * of_a_core)
    try:
        if _OLD.is_dir():
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        yield group / "cgroup.procs"
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """What has ended is in its group for a moment longer."""
    until = time.monotonic() + LEAVING_SECONDS
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return

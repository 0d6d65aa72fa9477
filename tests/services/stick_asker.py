"""Asks the real `hearth-stick@` in a namespace of its own for a backup, and looks at the disk from outside."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.backup.disk_wire import UnitWriter
from assistant.backup.errors import BackupNotWrittenError
from services.run_stick import STICKS

CONTENT = bytes(range(256)) * 20_000
DISK = STICKS / "DISK"


class OwnView:
    """The process as systemd starts it: with a view of the mounts that nobody shares."""

    @contextmanager
    def connect(self) -> Iterator[socket.socket]:
        """See `Transport.connect`."""
        ours, theirs = socket.socketpair()
        with ours:
            command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "services.run_stick"]
            child = subprocess.Popen(command, stdin=theirs.fileno())
            theirs.close()
            yield ours
        child.wait(20)


def main() -> None:
    """Tell what came of it, a fact a line."""
    outside: set[bool] = set()

    def look(_written: int) -> None:
        outside.add(not os.statvfs(DISK).f_flag & os.ST_RDONLY)
        with contextlib.suppress(OSError):
            (DISK / "mine.txt").write_text("it could be written")

    UnitWriter(OwnView()).write(DISK, "a.hearthbackup", len(CONTENT), pieces(), look)
    print(f"written={(DISK / 'a.hearthbackup').read_bytes() == CONTENT}")
    print(f"writable outside={any(outside)}")
    print(f"left={' '.join(sorted(path.name for path in DISK.iterdir()))}")
    print(f"no such disk={refused(STICKS / 'OTHER')}")
    print(f"another folder={refused(Path('/tmp/../tmp'))}")


def pieces() -> Generator[bytes, None, None]:
    for start in range(0, len(CONTENT), 100_000):
        yield CONTENT[start : start + 100_000]


def refused(folder: Path) -> str:
    try:
        UnitWriter(OwnView()).write(folder, "b.hearthbackup", len(CONTENT), pieces(), lambda _: None)
    except BackupNotWrittenError as error:
        return error.why
    return "written"


if __name__ == "__main__":
    main()

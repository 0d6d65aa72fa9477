"""Made things in the cache: a folder appears under its key only when it is whole."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(folder: Path, make: Callable[[Path], None]) -> bool:
    """Have `make` fill a new folder and rename it to `folder`; return False where that one is there already.

    A build that fails or is interrupted leaves no `folder`; what it left behind goes with the next build. Two
    builds of the same thing wait for each other.
    """
    if folder.is_dir():
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return False
        for leftover in folder.parent.glob(f".{folder.name}-*"):
            shutil.rmtree(leftover)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        make(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    return True

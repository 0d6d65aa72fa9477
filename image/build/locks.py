"""Lock files: single pinned packages taken out of them, with their hashes."""

import re
from pathlib import Path

from image.build.errors import LockError


def pinned(lock: Path, package: str) -> str:
    """Return the lines of `lock` that pin `package`, hashes and all, as a requirements file of its own."""
    entry = re.search(rf"^{re.escape(package)}==.*(?:\n[ \t]+.*)*", lock.read_text(), re.MULTILINE)
    if entry is None:
        raise LockError(f"{lock.name} does not pin {package}. Run `make lock`, and look at what changed.")
    return entry[0] + "\n"

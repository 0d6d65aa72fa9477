"""The npm packages of the tests: exactly what package-lock.json says, by its hashes, from the host's own registry."""

import shutil

from image.build.checkout import CHECKOUT, LOGS
from image.build.command import run
from image.build.content_key import content_key

SOURCE = CHECKOUT / "tests" / "journeys" / "dialects" / "npm"
FOLDER = CHECKOUT / "build" / "npm"
_FILES = ("package.json", "package-lock.json")
_STAMP = FOLDER / "content-key"


def ensure() -> None:
    """Make `build/npm/node_modules` hold what the lock names; raises BuildError."""
    key = content_key("npm", *(SOURCE / name for name in _FILES))
    if _STAMP.is_file() and _STAMP.read_text() == key:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    for name in _FILES:
        shutil.copyfile(SOURCE / name, FOLDER / name)
    run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        doing="Installing the npm packages of the tests",
        log=LOGS / "npm.log",
        cwd=FOLDER,
    )
    _STAMP.write_text(key)


def is_missing() -> bool:
    """Whether this host has no Node or no npm, from Debian or from elsewhere."""
    return shutil.which("node") is None or shutil.which("npm") is None

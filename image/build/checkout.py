"""Where the build finds its own files in the checkout, and where it keeps what it made."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = CHECKOUT / "image" / "locks"
BUILD = CHECKOUT / "build"
LOGS = BUILD / "log"
ENVIRONMENT = CHECKOUT / ".venv"


def cache() -> Path:
    """Return the folder of made things that every checkout of this user shares; each lies under its content key."""
    return Path.home() / ".cache" / "hearth"


def system_python() -> Path:
    """Return Debian's own Python: the one that the product is run and measured with."""
    return Path("/usr/bin/python3")

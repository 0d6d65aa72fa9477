"""What every daemon takes on its command line: the settings files to read."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from services.settings import LOCAL_FILE, VENDOR_FILE, Settings, load


def settings_from(argv: Sequence[str] | None, description: str) -> Settings:
    """The settings named by `--config` (may be given several times), else the system's own files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", action="append", type=Path, metavar="FILE", help="a TOML settings file")
    given = parser.parse_args(argv).config
    return load(given or (VENDOR_FILE, LOCAL_FILE))

"""Owns the list of engines of other makes on the disk; it holds their keys, so only this daemon may read it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from firmware.durable import write_durably
from mesh.foreign.engine import ForeignEngine

FILE = "engines.json"


def read_engines(folder: Path) -> tuple[ForeignEngine, ...]:
    """The engines that were added, in their order."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    return tuple(ForeignEngine(**one) for one in content["engines"])


def write_engines(folder: Path, engines: Sequence[ForeignEngine]) -> None:
    """Keep this list in place of the last one."""
    content = {"engines": [asdict(one) for one in engines]}
    write_durably(folder / FILE, (json.dumps(content, indent=2) + "\n").encode(), 0o600)

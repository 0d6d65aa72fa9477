"""Owns the order of updates on the disk, so that it goes on where this box itself starts anew in the middle of it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from mesh.kept_file import KeptFile
from mesh.roster import Id
from mesh.update_turns import Stage, Turn

FILE: Final = "update-order.json"
Line = Annotated[str, Field(max_length=400)]


class _KeptTurn(BaseModel):
    """What of a turn is worth more than the daemon's life; when something last changed is not."""

    node_id: Id
    stage: Stage
    version: Line = ""
    digest: Line = ""
    problem: Line = ""
    run: Line = ""
    was_restarting: bool = False


class _Order(BaseModel):
    format: Literal[1] = 1
    turns: tuple[_KeptTurn, ...] = ()


class KeptOrder:
    """Reads the order as the daemon starts, and keeps the file up with it."""

    def __init__(self, folder: Path) -> None:
        self._file = KeptFile(folder / FILE, empty=_content(()), what="The order in which boxes are updated")

    def read(self) -> tuple[Turn, ...]:
        """What was kept; nothing where it cannot be read, which is forgotten then: its boxes may be asked again."""
        return self._file.read(_turns, ())

    def write(self, turns: Sequence[Turn]) -> None:
        """Bring the file up with the order; blocking."""
        self._file.write(_content(turns))


def _turns(content: bytes) -> tuple[Turn, ...]:
    return tuple(Turn(**one.model_dump()) for one in _Order.model_validate_json(content).turns)


def _content(turns: Sequence[Turn]) -> bytes:
    return _Order(turns=tuple(_KeptTurn.model_validate(asdict(turn)) for turn in turns)).model_dump_json().encode()

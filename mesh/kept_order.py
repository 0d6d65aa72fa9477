"""Owns the order of updates on the disk, so that it goes on where this box itself starts anew in the middle of it."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, ValidationError

from firmware.durable import write_durably
from mesh.roster import Id
from mesh.update_turns import Stage, Turn

log = logging.getLogger(__name__)

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
        self._file = folder / FILE
        self._written: bytes | None = _content(())
        """What lies on the disk; None where that is not known, or was not understood."""
        self._is_failing = False

    def read(self) -> tuple[Turn, ...]:
        """What was kept; nothing where it cannot be read, which is forgotten then: its boxes may be asked again."""
        try:
            content = self._file.read_bytes()
            order = _Order.model_validate_json(content)
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError):
            log.warning("The order in which boxes were to be updated cannot be read and is forgotten")
            self._written = None
            return ()
        self._written = content
        return tuple(Turn(**one.model_dump()) for one in order.turns)

    def write(self, turns: Sequence[Turn]) -> None:
        """Bring the file up with the order; blocking. A disk without room keeps the old one, and is tried again."""
        content = _content(turns)
        if content == self._written:
            return
        try:
            write_durably(self._file, content, 0o600)
        except OSError as error:
            if not self._is_failing:
                log.warning("The order in which boxes are updated could not be kept: %s", error.strerror)
            self._is_failing = True
            return
        self._written, self._is_failing = content, False


def _content(turns: Sequence[Turn]) -> bytes:
    return _Order(turns=tuple(_KeptTurn.model_validate(asdict(turn)) for turn in turns)).model_dump_json().encode()

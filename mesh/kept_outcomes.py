"""Owns what became of requests on the disk, so that predictions can be judged over restarts too; bounded as there."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from firmware.durable import write_durably
from mesh.ledger import KEPT, Ledger, Outcome

log = logging.getLogger(__name__)

FILE: Final = "outcomes.json"
WRITE_SECONDS: Final = 10.0
"""No request waits for the disk; what came in the last moments before a power cut is lost."""
_OUTCOMES = TypeAdapter(list[Outcome])


class KeptOutcomes:
    """Fills the ledger from the file as it is made, and keeps the file up with it."""

    def __init__(self, folder: Path, ledger: Ledger, *, write_seconds: float = WRITE_SECONDS) -> None:
        self._file = folder / FILE
        self._ledger = ledger
        self._write_seconds = write_seconds
        ledger.outcomes.extend(_read(self._file))
        self._written = tuple(ledger.outcomes)

    async def run(self) -> None:
        """Write what is new, again and again, and once more when cancelled."""
        try:
            while True:
                await asyncio.sleep(self._write_seconds)
                await asyncio.to_thread(self.write)
        finally:
            self.write()

    def write(self) -> None:
        """Bring the file up with the ledger; blocking. A disk without room keeps the old one."""
        now = tuple(self._ledger.outcomes)
        if now == self._written:
            return
        try:
            write_durably(self._file, _OUTCOMES.dump_json(list(now)), 0o600)
        except OSError as error:
            log.warning("What became of requests could not be kept: %s", error.strerror)
            return
        self._written = now


def _read(file: Path) -> list[Outcome]:
    """What was kept; nothing where the file is damaged, since it is worth no refusal."""
    try:
        return _OUTCOMES.validate_json(file.read_bytes())[-KEPT:]
    except FileNotFoundError:
        return []
    except (OSError, ValidationError):
        log.warning("What became of earlier requests cannot be read and is forgotten")
        return []

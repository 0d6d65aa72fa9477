"""Models on USB sticks that are plugged into this box: which there are, and taking one in, as the owner wishes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from assistant.errors import AssistantError
from assistant.library_errors import DiskNotFoundError
from assistant.models.errors import UnfitModelError
from assistant.models.facts import facts_of
from assistant.models.gguf import read_head
from assistant.models.imports import Imports
from assistant.models.names import name_from_file
from assistant.stick_files import OnStick, Plugged, begins_with, files_on, pieces_of

log = logging.getLogger(__name__)

SOURCE: Final = "a USB stick"
MOST_TOLD: Final = 100
_ENDING: Final = ".gguf"
_MARK: Final = b"GGUF"
_LOST: Final = "The stick stopped answering, so nothing was kept. Plug it in again and repeat."


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How far the taking of one model is."""

    name: str
    disk: str
    size_bytes: int
    taken_bytes: int = 0
    is_running: bool = True
    problem: str = ""
    """Why it was not taken; a sentence."""


class StickModels:
    """Finds models on sticks and takes them in, one after another."""

    def __init__(self, disks: Plugged, imports: Imports) -> None:
        self._disks = disks
        self._imports = imports
        self._wanted: asyncio.Queue[tuple[int, Path]] = asyncio.Queue()
        self._takings: dict[int, Taking] = {}

    async def found(self) -> list[OnStick]:
        """The GGUF files of every stick, told by how they begin."""
        disks = await self._disks.disks()
        return await asyncio.to_thread(
            lambda: [one for disk in disks for one in files_on(disk, ending=_ENDING, mark=_MARK)][:MOST_TOLD]
        )

    def takings(self) -> Sequence[Taking]:
        """What is being taken or was last, the newest first."""
        return tuple(reversed(self._takings.values()))

    async def take(self, disk_id: str, path: str, name: str = "") -> Taking:
        """Begin to take a model in, under this name or its file's; its head is checked before.

        Raises `DiskNotFoundError`, `UnfitModelError`, `ModelNameError`, `ModelExistsError`.
        """
        file = await self._disks.file(disk_id, path)
        disk = next((one.name for one in await self._disks.disks() if one.id == disk_id), "")
        size = await asyncio.to_thread(_checked_size, file)
        taking = Taking(name=self._imports.free_name(name or name_from_file(file.name)), disk=disk, size_bytes=size)
        number = max(self._takings, default=0) + 1
        over = [one for one, known in self._takings.items() if not known.is_running]
        for one in over:
            del self._takings[one]
        self._takings[number] = taking
        await self._wanted.put((number, file))
        return taking

    async def run(self) -> None:
        """Take in what was asked for until cancelled."""
        while True:
            number, file = await self._wanted.get()
            problem = ""
            try:
                taking = self._takings[number]
                await self._imports.take(taking.name, self._pieces(number, file), taking.size_bytes, source=SOURCE)
            except AssistantError as error:
                problem = str(error)
            except OSError:
                log.warning("a stick stopped answering while a model was taken from it")
                problem = _LOST
            self._takings[number] = replace(self._takings[number], is_running=False, problem=problem)

    async def _pieces(self, number: int, file: Path) -> AsyncIterator[bytes]:
        async for piece in pieces_of(file):
            yield piece
            taking = self._takings[number]
            self._takings[number] = replace(taking, taken_bytes=taking.taken_bytes + len(piece))


def _checked_size(file: Path) -> int:
    """Blocking: its head says what it is and that it can be run."""
    if not begins_with(file, _MARK):
        raise UnfitModelError("This is not a GGUF file. Hearth runs models in this format; look for “GGUF”.")
    try:
        facts_of(read_head(file))
        return file.stat().st_size
    except OSError as error:
        raise DiskNotFoundError from error

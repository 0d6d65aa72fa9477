"""Updates on USB sticks that are plugged into this box: which there are, and taking one, as the owner wishes."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.library_errors import DiskNotFoundError
from assistant.stick_files import OnStick, Plugged, files_on, pieces_of
from assistant.updates.arriving import Arrivals
from assistant.updates.errors import UpdateBusyError
from assistant.updates.updates import Updates
from firmware.updates.errors import DamagedUpdateError, UpdateError
from firmware.updates.file import MAGIC, SUFFIX, Opened, opened
from firmware.updates.versions import Version

log = logging.getLogger(__name__)

MOST_TOLD: Final = 20
_LOST: Final = "The stick stopped answering, so nothing was kept. Plug it in again and repeat."


@dataclass(frozen=True, slots=True, kw_only=True)
class StickUpdate:
    """An update's file on a stick."""

    on: OnStick
    version: Version | None
    """None where nobody whom this box knows has signed it."""
    problem: str
    """Why it can't be taken; a sentence, empty where it can."""


class StickUpdates:
    """Finds updates on sticks and takes one."""

    def __init__(self, disks: Plugged, updates: Updates) -> None:
        self._disks = disks
        self._updates = updates
        self._arrivals = Arrivals(updates)
        self._wanted: asyncio.Queue[tuple[Path, int]] = asyncio.Queue(maxsize=1)

    async def found(self) -> list[StickUpdate]:
        """The update files of every stick, told by how they begin; what is not for this box says why."""
        disks = await self._disks.disks()
        files = await asyncio.to_thread(
            lambda: [one for disk in disks for one in files_on(disk, ending=SUFFIX, mark=MAGIC)][:MOST_TOLD]
        )
        return [await self._looked_at(one) for one in files]

    async def take(self, disk_id: str, path: str) -> None:
        """Begin to take an update, whose list is looked at before; how far it is says the state of updates.

        Raises `DiskNotFoundError` or `UpdateError`.
        """
        file = await self._disks.file(disk_id, path)
        try:
            known = await asyncio.to_thread(self._opened, file)
        except OSError as error:
            raise DiskNotFoundError from error
        await self._updates.refuse_unfit(known)
        if self._updates.is_busy or self._wanted.full():
            raise UpdateBusyError
        self._wanted.put_nowait((file, known.size_bytes))

    async def run(self) -> None:
        """Take what was asked for until cancelled."""
        while True:
            file, size_bytes = await self._wanted.get()
            try:
                await self._arrivals.take(pieces_of(file), size_bytes)
            except UpdateError as error:
                self._updates.complain(str(error))
            except OSError:
                log.warning("a stick stopped answering while an update was taken from it")
                self._updates.complain(_LOST)

    async def _looked_at(self, one: OnStick) -> StickUpdate:
        version: Version | None = None
        try:
            known = await asyncio.to_thread(self._opened, await self._disks.file(one.disk_id, one.path))
            version = known.contents.number
            await self._updates.refuse_unfit(known)
        except (UpdateError, DiskNotFoundError) as error:
            return StickUpdate(on=one, version=version, problem=str(error))
        except OSError:
            return StickUpdate(on=one, version=version, problem=_LOST)
        return StickUpdate(on=one, version=version, problem="")

    def _opened(self, file: Path) -> Opened:
        with file.open("rb") as content:
            known = opened(content, self._updates.keys)
        if file.stat().st_size != known.size_bytes:
            raise DamagedUpdateError
        return known

"""Where backups are written to disks that are plugged in: one at a time, with its progress and how it ended."""

import asyncio
import logging
import os
from dataclasses import dataclass
from typing import Final

from assistant.backup.desk import BackupDesk, Fetching
from assistant.backup.disk_wire import Writer
from assistant.backup.errors import BackupBusyError, BackupNotWrittenError
from assistant.disks import Disk, Disks
from assistant.errors import AssistantError
from assistant.hops import Hop
from assistant.identifiers import PersonId

log = logging.getLogger(__name__)

_BROKE: Final = "Something in Hearth broke while the backup was written. It is noted in the box's log; try again."


@dataclass(slots=True, kw_only=True)
class Writing:
    """How far the writing of a backup is."""

    disk: str
    name: str
    """What the file is called."""
    total_bytes: int
    written_bytes: int = 0
    is_running: bool = True
    problem: str = ""
    """Why it was not written, as a sentence; empty where it was."""


class DiskDesk:
    """Writes backups onto disks."""

    def __init__(self, *, desk: BackupDesk, disks: Disks, writer: Writer) -> None:
        self._desk = desk
        self._disks = disks
        self._writer = writer
        self._hop = Hop("disk-backup")
        self._last: Writing | None = None
        self._is_busy = False
        self._wanted: asyncio.Queue[tuple[Writing, Disk, Fetching]] = asyncio.Queue()

    @property
    def last(self) -> Writing | None:
        """The one that is being written, or was written last since the start."""
        return self._last

    async def begin(self, person_id: PersonId | None, passphrase: str, disk_id: str) -> Writing:
        """Take a moment of the node, and begin to write it onto this disk.

        Raises `BackupBusyError`, `DiskNotFoundError`, `WeakPassphraseError`, `BackupNotWrittenError` where there is
        no room, or `DiskFullError`, which is this box's own disk.
        """
        if self._is_busy:
            raise BackupBusyError
        self._is_busy = True
        try:
            disk = await self._disks.disk(disk_id)
            ticket = await self._desk.prepare(person_id, passphrase)
            fetching = self._desk.take(ticket.id, person_id)
            if await self._hop(_room_bytes, disk) < ticket.size_bytes:
                await fetching.drop()
                raise BackupNotWrittenError("full")
        except BaseException:
            self._is_busy = False
            raise
        writing = self._last = Writing(disk=disk.name, name=ticket.name, total_bytes=ticket.size_bytes)
        await self._wanted.put((writing, disk, fetching))
        return writing

    async def run(self) -> None:
        """Write what was begun, until cancelled."""
        while True:
            writing, disk, fetching = await self._wanted.get()
            try:
                await self._hop(self._write, writing, disk, fetching)
                log.info("a backup was written to a disk")
            except AssistantError as error:
                writing.problem = str(error)
                log.info("a backup could not be written to a disk: %s", getattr(error, "why", error.code))
            except OSError:
                writing.problem = _BROKE
                log.exception("a backup could not be read while it was written to a disk")
            finally:
                writing.is_running = self._is_busy = False
                await fetching.drop()

    def close(self) -> None:
        """Let the thread end."""
        self._hop.close()

    def _write(self, writing: Writing, disk: Disk, fetching: Fetching) -> None:
        def told(written_bytes: int) -> None:
            writing.written_bytes = written_bytes

        self._writer.write(disk.path, writing.name, writing.total_bytes, fetching.sealed_pieces(), told)


def _room_bytes(disk: Disk) -> int:
    try:
        room = os.statvfs(disk.path)
    except OSError as error:
        raise BackupNotWrittenError("gone") from error
    return room.f_bavail * room.f_frsize

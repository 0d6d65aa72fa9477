"""Where a backup is brought to a box that nobody has claimed: let in by the set-up code, taken whole or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from assistant.backup.errors import DiskSilentError, RestoreNotPossibleError
from assistant.backup.restoring import Restoring
from assistant.disks import Disk, Disks, OnDisk
from assistant.entrance import Entrance
from assistant.hops import Hop
from assistant.people import People

log = logging.getLogger(__name__)

_TELL_SECONDS = 1.0
"""So that the answer is on its way before the daemon ends."""


class RestoreDesk:
    """Takes one backup at a time."""

    def __init__(
        self, *, people: People, entrance: Entrance, disks: Disks, state: Path, start_anew: Callable[[], None]
    ) -> None:
        self._people = people
        self._entrance = entrance
        self._disks = disks
        self._state = state
        self._start_anew = start_anew
        self._hop = Hop("restore")
        self._one = asyncio.Lock()
        self._restored = asyncio.Event()

    async def restore(
        self, body: AsyncIterator[bytes], *, passphrase: str, code: str | None, client: str
    ) -> dict[str, Any]:
        """Take a backup and let the daemon start anew with it; answers what the backup says of itself.

        `code` is None for a program on this box. Raises `RestoreNotPossibleError`, `TooManyGuessesError`,
        `WrongSetupCodeError`, a `BackupError` or `DiskFullError`; then nothing is changed.
        """
        self._refuse_claimed()
        if code is not None:
            self._entrance.check_setup_code(code, client)
        async with self._one:
            self._refuse_claimed()
            restoring = await self._hop(Restoring, self._state, passphrase)
            try:
                async for piece in body:
                    await self._hop(restoring.write, piece)
                self._refuse_claimed()
                about = await self._hop(restoring.finish)
            finally:
                await self._hop(restoring.drop)
            self._restored.set()
        log.info("a backup was restored; starting anew with it")
        return about

    async def on_disks(self, *, code: str | None, client: str) -> list[tuple[Disk, OnDisk]]:
        """The backups on plugged-in disks. Raises `RestoreNotPossibleError` or what a wrong code raises."""
        self._refuse_claimed()
        if code is not None:
            self._entrance.check_setup_code(code, client)
        return await self._disks.backups()

    async def restore_from(
        self, disk_id: str, path: str, *, passphrase: str, code: str | None, client: str
    ) -> dict[str, Any]:
        """Take a backup that lies on a disk. Raises as `restore` does, `DiskNotFoundError`, or `DiskSilentError`."""
        self._refuse_claimed()
        if code is not None:
            self._entrance.check_setup_code(code, client)
        body = await self._disks.backup(disk_id, path)
        return await self.restore(_from_disk(body), passphrase=passphrase, code=None, client=client)

    async def run(self) -> None:
        """Start anew once a backup was restored."""
        await self._restored.wait()
        await asyncio.sleep(_TELL_SECONDS)
        self._start_anew()

    def close(self) -> None:
        """Let the thread end."""
        self._hop.close()

    def _refuse_claimed(self) -> None:
        if self._people.is_claimed() or self._restored.is_set():
            raise RestoreNotPossibleError


async def _from_disk(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for piece in body:
            yield piece
    except OSError as error:
        raise DiskSilentError from error

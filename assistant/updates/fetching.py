"""Fetches an update from another node: on from what has come, given up where its list is not signed, then taken."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from assistant.errors import AssistantError
from assistant.models.carrying import Cargo, Carrier
from assistant.models.parts import CutError, Parts
from assistant.updates.elsewhere import UpdateElsewhere, UpdatesElsewhere
from assistant.updates.errors import UpdateBusyError
from assistant.updates.updates import Kept, Updates
from firmware.updates.errors import DamagedUpdateError, UpdateError
from firmware.updates.file import LONGEST_LIST, opened

log = logging.getLogger(__name__)

CARGO: Final = Cargo(
    path="updates",
    kept="What has come is kept, and it goes on from there.",
    damaged="What came was thrown away, and nothing was installed. Bring the update to that box anew.",
    gone="does not have this update any more, or is no node of this mesh.",
)
HEAD_BYTES: Final = LONGEST_LIST + 2**16
"""By then the signed list is on the disk, however long it is."""
PAUSE_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 120.0
"""After so long without a byte the owner who sits before the screen is told."""


class FetchedUpdates:
    """See above: one at a time, for the owner of this box or at the home node's wish."""

    def __init__(
        self,
        updates: Updates,
        others: UpdatesElsewhere,
        mesh_socket: Path,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.others = others
        self._updates = updates
        # `Updates` looks for room, by rules of its own.
        self._parts = Parts(updates.incoming, free=lambda _: sys.maxsize)
        self._carrier = Carrier(mesh_socket, parts=self._parts, cargo=CARGO)
        self._pause_seconds = pause_seconds
        self._patience_seconds = patience_seconds
        self._wanted: asyncio.Queue[UpdateElsewhere] = asyncio.Queue(maxsize=1)

    async def begin(self, node: str, digest: str) -> None:
        """Fetch this one in the background; raises `UpdateNotElsewhereError` or another `UpdateError`."""
        found = await self.others.find_or_refuse(node, digest)
        self._updates.refuse_large(found.size_bytes)
        if self._updates.is_busy or self._wanted.full():
            raise UpdateBusyError
        self._wanted.put_nowait(found)

    def forget(self, digest: str) -> None:
        """Throw away what has come of an update that nobody wants any more."""
        self._parts.forget(digest)

    async def run(self) -> None:
        """Fetch what was asked for, until cancelled."""
        while True:
            wanted = await self._wanted.get()
            try:
                await self.fetched(wanted, patience_seconds=self._patience_seconds)
            except (UpdateError, AssistantError) as error:
                self._updates.complain(str(error))

    async def fetched(
        self,
        wanted: UpdateElsewhere,
        *,
        patience_seconds: float,
        cut: Callable[[bool], None] = lambda _: None,
    ) -> Kept:
        """The update, whole, signed and kept; cancelled, it ends and keeps what has come.

        `cut` hears whether the way is broken now. Raises `UpdateError`, or `AssistantError` where it does not come.
        """
        with self._updates.doing("fetching") as told:
            self._updates.refuse_large(wanted.size_bytes)
            self._parts.forget_others(wanted.digest)
            path = await self._tried(wanted, _Tries(patience_seconds, told, cut))
        return await self._updates.take(path, wanted.digest)

    async def _tried(self, wanted: UpdateElsewhere, tries: "_Tries") -> Path:
        """The whole file, in as many tries as it takes; raises `CutError` where no more of it comes for long."""
        while True:
            try:
                return await self._carried(wanted, tries.come)
            except CutError:
                if not tries.may_go_on():
                    raise
                log.info("the way on which an update comes is broken; it is tried again")
                await asyncio.sleep(self._pause_seconds)
            except UpdateError:
                self._parts.forget(wanted.digest)
                raise

    async def _carried(self, wanted: UpdateElsewhere, progress: Callable[[int, int], None]) -> Path:
        stop, is_believed = threading.Event(), False

        def come(size_bytes: int) -> None:
            nonlocal is_believed
            if not is_believed and size_bytes >= min(HEAD_BYTES, wanted.size_bytes):
                self._believe(wanted)
                is_believed = True
            progress(size_bytes, wanted.size_bytes)

        carrying = asyncio.ensure_future(
            asyncio.to_thread(self._carrier.carry, wanted, on_progress=come, is_stopped=stop.is_set)
        )
        try:
            return (await asyncio.shield(carrying)).path
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait({carrying})
            carrying.exception()
            raise

    def _believe(self, wanted: UpdateElsewhere) -> None:
        """Raises `UpdateError` where what comes is none that this box takes, before all of it has come."""
        with self._parts.path(wanted.digest).open("rb") as part:
            known = opened(part, self._updates.keys)
        if known.size_bytes != wanted.size_bytes or known.contents.number != wanted.version:
            raise DamagedUpdateError


class _Tries:
    """How long nothing more has come of a file, over all tries."""

    def __init__(self, patience_seconds: float, told: Callable[[int, int], None], cut: Callable[[bool], None]) -> None:
        self._patience_seconds = patience_seconds
        self._told = told
        self._cut = cut
        self._most = 0
        self._since = time.monotonic()
        self._is_cut = False

    def come(self, size_bytes: int, of_bytes: int) -> None:
        """So much has come."""
        if size_bytes > self._most:
            self._most, self._since = size_bytes, time.monotonic()
            if self._is_cut:
                self._is_cut = False
                self._cut(False)
        self._told(size_bytes, of_bytes)

    def may_go_on(self) -> bool:
        """The way broke; whether another try is worth it."""
        self._is_cut = True
        self._cut(True)
        return time.monotonic() - self._since < self._patience_seconds

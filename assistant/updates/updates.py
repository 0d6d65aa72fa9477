"""Updates of this box's system: what runs, what is kept, what is being done; takes a file, has it installed."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assistant.room import Usage, usage_of
from assistant.updates.errors import (
    NoSystemError,
    NothingKeptError,
    NothingWaitingError,
    NoUpdatesHereError,
    UpdateBusyError,
)
from assistant.updates.kept import Kept as Kept
from assistant.updates.kept import KeptUpdate
from assistant.updates.room import ensure_room
from firmware.updates.errors import SystemAwayError, UnfitUpdateError, UpdateError
from firmware.updates.file import Contents, Opened
from firmware.updates.keys import keys_in
from firmware.updates.system import System, SystemState
from firmware.updates.versions import Version, is_newer, version_in

log = logging.getLogger(__name__)

Doing = Literal["fetching", "checking", "installing"]
Told = Callable[[int, int], None]
"""Hears how much of how much is done."""
_UNKNOWN: Final = Version("0.0")
_STATE_SECONDS: Final = 10.0
_LOST: Final = "The update that was kept here can't be read any more. Bring it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What is being done with an update now."""

    what: Doing
    share: float = 0.0
    """How much of it is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that can be said of updates here."""

    running: Version
    waiting: Version | None
    """Installed, and used from the next start on."""
    failed: Version | None
    """It was started and did not work, so that the one before came back."""
    kept: Kept | None
    going: Going | None
    problem: str
    """Why the last thing that was done in the background failed; a sentence, empty where it did not."""
    can_install: bool
    """Whether this box's system is ours to write."""
    takes_updates: bool
    """Whether this node knows a maker whose updates it believes."""


class Updates:
    """One thing at a time: fetching, checking or installing."""

    def __init__(
        self,
        *,
        folder: Path,
        keys: Path,
        system: System | None,
        version: str,
        usage: Callable[[Path], Usage] = usage_of,
    ) -> None:
        """`keys` is a folder of public keys; `version` is that of this program, which counts without a system."""
        self._kept = KeptUpdate(folder, keys_in(keys))
        self._system = system
        self._version = version_in(version) or _UNKNOWN
        self._usage = usage
        self._known: SystemState | None = None
        self._asking: asyncio.Task[SystemState] | None = None
        self._going: Going | None = None
        self._problem = ""
        self._wanted = asyncio.Event()

    @property
    def incoming(self) -> Path:
        """Where a file is written before it is taken; what ends in `.part` may lie there over a restart."""
        return self._kept.incoming

    @property
    def keys(self) -> Sequence[Ed25519PublicKey]:
        """The keys of those whose updates this node takes."""
        return self._kept.keys

    @property
    def is_busy(self) -> bool:
        """Whether something is being done."""
        return self._going is not None

    async def state(self) -> State:
        """What there is to say now."""
        problem = self._problem
        try:
            known = await self._system_state()
        except UpdateError as error:
            known = SystemState(running=self._version)
            problem = problem or str(error)
        return State(
            running=known.running,
            waiting=known.waiting,
            failed=known.failed,
            kept=self._kept.kept,
            going=self._going,
            problem=problem,
            can_install=self._system is not None,
            takes_updates=bool(self._kept.keys),
        )

    @contextmanager
    def doing(self, what: Doing) -> Iterator[Told]:
        """Show this as what is being done; raises `UpdateBusyError` while something else is."""
        if self._going is not None:
            raise UpdateBusyError
        self._going, self._problem = Going(what=what), ""
        try:
            yield self._tell
        finally:
            self._going = None

    def complain(self, problem: str) -> None:
        """Show this sentence until something else is done."""
        self._problem = problem

    async def refuse_unfit(self, opened: Opened) -> None:
        """Raise `UpdateError` for an update that is not newer than what is here, or finds no room.

        The one that is kept may come again.
        """
        self._refuse_old(opened.contents, await self._running())
        self.refuse_large(opened.size_bytes)

    def refuse_large(self, size_bytes: int) -> None:
        """Raise `NoUpdatesHereError`, or `NoRoomForUpdateError` where a file of this size finds no room."""
        if not self._kept.keys:
            raise NoUpdatesHereError
        installing = size_bytes if self._system else 0
        ensure_room(self.incoming, self._usage, keeping_bytes=size_bytes, installing_bytes=installing)

    async def take(self, file: Path, digest: str) -> Kept:
        """Check the whole of a file in `incoming`, of this SHA-256 in hex, and keep it; it is gone from there then.

        Raises `UpdateError`; a file that is kept already is taken for done.
        """
        if not self._kept.keys:
            raise NoUpdatesHereError
        with self.doing("checking") as told:
            try:
                if self._kept.kept and self._kept.kept.digest == digest:
                    return self._kept.kept
                running = await self._running()
                kept = await asyncio.to_thread(
                    self._kept.take, file, digest, lambda contents: self._refuse_old(contents, running), told
                )
            finally:
                await asyncio.to_thread(file.unlink, missing_ok=True)
        log.info("an update to version %s is kept", kept.version)
        return kept

    async def install(self) -> State:
        """Begin to install what is kept, in the background; what is being installed already goes on.

        Raises `UpdateError` where there is nothing to install, or no room or no way to.
        """
        if self._system is None:
            raise NoSystemError
        known = await self._system_state()
        if self._going is not None and self._going.what != "installing":
            raise UpdateBusyError
        if (kept := self._kept.kept) is None:
            raise NothingKeptError
        if self._going is None and known.waiting != kept.version:
            self._refuse_running(kept.version, known.running)
            ensure_room(self.incoming, self._usage, keeping_bytes=0, installing_bytes=kept.size_bytes)
            self._going, self._problem = Going(what="installing"), ""
            self._wanted.set()
        return await self.state()

    async def restart(self) -> None:
        """Start the box anew with the version that waits; raises `UpdateError` where none does."""
        if self._system is None:
            raise NoSystemError
        known = await self._system_state()
        if self._going is not None:
            raise UpdateBusyError
        if known.waiting is None:
            raise NothingWaitingError
        log.info("this box starts anew with the version that was installed")
        await asyncio.to_thread(self._system.restart)

    async def forget(self) -> None:
        """Delete what is kept; what is installed stays so."""
        if self._going is not None:
            raise UpdateBusyError
        await asyncio.to_thread(self._kept.forget)

    async def run(self) -> None:
        """Install what was asked for, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                if self._system and self._kept.kept:
                    await self._installed(self._system, self._kept.kept)
            except UpdateError as error:
                self._problem = str(error)
            except OSError:
                log.warning("the update that is kept can't be read")
                self._problem = _LOST
            finally:
                self._going = None

    async def _installed(self, system: System, kept: Kept) -> None:
        left = threading.Event()

        def told(done: int, of: int) -> None:
            if left.is_set():  # this daemon ends; what installs does not need it
                raise SystemAwayError
            self._tell(done, of)

        try:
            self._known = await asyncio.to_thread(system.install, self._kept.path(kept), told)
        finally:
            left.set()
        log.info("version %s is installed and waits for the next start", kept.version)

    def _tell(self, done: int, of: int) -> None:
        if (going := self._going) is not None and of > 0:
            self._going = replace(going, share=min(1.0, done / of))

    async def _running(self) -> Version:
        return (await self.state()).running

    async def _system_state(self) -> SystemState:
        """What the system says; it changes by nothing but what is done here, so it is asked until it answers."""
        if self._system is None:
            return SystemState(running=self._version)
        if self._known is None:
            # The unit takes its time on an old PC: who asked first does not wait for ever, and who asks later has it.
            asking = self._asking = self._asking or asyncio.create_task(asyncio.to_thread(self._system.state))
            await asyncio.wait({asking}, timeout=_STATE_SECONDS)
            if not asking.done():
                raise SystemAwayError
            self._asking = None
            self._known = self._known or asking.result()
        return self._known

    def _refuse_old(self, contents: Contents, running: Version) -> None:
        version, kept = contents.number, self._kept.kept
        self._refuse_running(version, running)
        if kept and not is_newer(version, kept.version) and contents != self._kept.contents:
            message = (
                f"Version {kept.version} is here already, and this update is version {version}. Nothing was changed."
            )
            raise UnfitUpdateError(message)

    def _refuse_running(self, version: Version, running: Version) -> None:
        if not is_newer(version, running):
            message = (
                f"This box runs version {running}, and this update is version {version}. Only a newer one can be "
                "installed."
            )
            raise UnfitUpdateError(message)

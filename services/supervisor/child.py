"""One daemon as a child process: started, watched by the sd_notify protocol, restarted alone, stopped in time."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO

from firmware import tied
from firmware.endings import ended
from services.supervisor.daemons import Daemon

log = logging.getLogger(__name__)

STOP_SECONDS = 15.0
ABORT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 20.0


class Child:
    """Keeps one daemon alive until `stop`; readiness is an event that others may wait for."""

    def __init__(
        self, daemon: Daemon, *, arguments: Sequence[str], secrets: Path, runtime: Path, log_file: IO[bytes]
    ) -> None:
        self.daemon = daemon
        self.ready = asyncio.Event()
        self.starts = 0
        self.pid: int | None = None
        self._arguments = list(arguments)
        self._secrets = secrets
        self._runtime = runtime
        self._log_file = log_file
        self._fed_at = 0.0

    async def run(self) -> None:
        """Start the daemon, and start it again whenever it ends, until cancelled; then stop it."""
        pause_seconds = FIRST_PAUSE_SECONDS
        async with self._listening():
            while True:
                process = await self._start()
                self.pid = process.pid
                watching = asyncio.create_task(self._watch(process))
                try:
                    await process.wait()
                finally:
                    watching.cancel()
                    await stop(process)
                if self.ready.is_set():
                    pause_seconds = FIRST_PAUSE_SECONDS
                self.ready.clear()
                log.warning(
                    "%s ended with status %s and starts again in %.1f s; the other daemons go on",
                    self.daemon.name,
                    process.returncode,
                    pause_seconds,
                )
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    async def _start(self) -> asyncio.subprocess.Process:
        self.starts += 1
        self._fed_at = asyncio.get_running_loop().time()
        return await start(
            self.daemon,
            arguments=self._arguments,
            secrets=self._secrets,
            runtime=self._runtime,
            log_file=self._log_file,
            notify_path=self._notify_path,
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        patience_seconds = self.daemon.watchdog_seconds / 4
        while True:
            began = loop.time()
            await asyncio.sleep(patience_seconds)
            if loop.time() - began > 2 * patience_seconds:
                # This whole machine stood still, as a virtual one does that is paused: nobody could say anything.
                self._fed_at = loop.time()
            elif self.ready.is_set() and loop.time() - self._fed_at > self.daemon.watchdog_seconds:
                log.warning("%s has not said for %.0f s that it works", self.daemon.name, loop.time() - self._fed_at)
                await _abort(process)

    def _heard(self, datagram: bytes, now: float) -> None:
        words = datagram.split(b"\n")
        if b"READY=1" in words:
            self.ready.set()
        if b"READY=1" in words or b"WATCHDOG=1" in words:
            self._fed_at = now

    @property
    def _notify_path(self) -> Path:
        return self._runtime / f"{self.daemon.name}.notify"

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Hear what the daemon says, each time that it says it.

        Nothing that waits for a word may be given up and begun anew: a word that comes at that moment is lost.
        """
        self._notify_path.unlink(missing_ok=True)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.bind(str(self._notify_path))
        bound.setblocking(False)
        loop = asyncio.get_running_loop()
        ear, _ = await loop.create_datagram_endpoint(lambda: _Ear(self._heard), sock=bound)
        try:
            yield
        finally:
            ear.close()
            self._notify_path.unlink(missing_ok=True)


class _Ear(asyncio.DatagramProtocol):
    """Passes on what is said."""

    def __init__(self, heard: Callable[[bytes, float], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """One message of the daemon."""
        self._heard(data, asyncio.get_running_loop().time())


async def start(
    daemon: Daemon,
    *,
    arguments: Sequence[str],
    secrets: Path,
    runtime: Path,
    log_file: IO[bytes],
    notify_path: Path | None = None,
) -> asyncio.subprocess.Process:
    """Start `daemon` with the credentials that it may read, in a session of its own, tied to this process's life."""
    environment = {name: value for name, value in os.environ.items() if name not in {"NOTIFY_SOCKET", "JOURNAL_STREAM"}}
    environment["CREDENTIALS_DIRECTORY"] = str(_hand_over(daemon, secrets, runtime))
    environment["PYTHONUNBUFFERED"] = "1"
    if notify_path is not None:
        environment["NOTIFY_SOCKET"] = str(notify_path)
        environment["WATCHDOG_USEC"] = str(int(daemon.watchdog_seconds * 1_000_000))
    return await asyncio.create_subprocess_exec(
        *tied.command(signal.SIGTERM, [sys.executable, "-m", daemon.module, *arguments]),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log_file,
        stderr=log_file,
        start_new_session=True,
    )


async def _abort(process: asyncio.subprocess.Process) -> None:
    """End a daemon as systemd's watchdog does, so that it says where it stood; by force where it can't even do that."""
    await ended(process, patience_seconds=ABORT_SECONDS, asked_by=signal.SIGABRT)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end, and end it when it takes too long."""
    if not await ended(process, patience_seconds=STOP_SECONDS):
        log.warning("A daemon did not stop within %.0f s and was ended", STOP_SECONDS)


def _hand_over(daemon: Daemon, secrets: Path, runtime: Path) -> Path:
    """The daemon's credentials folder: copies of just the secrets it is listed with."""
    folder = runtime / "credentials" / daemon.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    for name in daemon.credentials:
        copy = folder / name
        copy.touch(mode=0o600)
        copy.write_bytes((secrets / name).read_bytes())
    return folder

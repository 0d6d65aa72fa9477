"""Keeps `llama-server` running: starts it, sees when it serves, and starts it again when it dies or hangs."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from assistant.engine.client import EngineState
from assistant.engine.errors import EngineBrokenError
from firmware import tied
from firmware.endings import ended

log = logging.getLogger(__name__)

StateCheck = Callable[[], Awaitable[EngineState]]


class EngineProcess:
    """One supervised `llama-server`; a native crash costs the request it served and nothing else."""

    poll_seconds = 0.1
    stop_seconds = 10.0
    first_pause_seconds = 0.2
    longest_pause_seconds = 30.0
    hang_checks = 6
    """Health checks in a row that may fail on a server that once was ready, before it counts as hung."""
    check_seconds = 5.0
    most_in_vain = 3
    """Starts in a row that may end without the server ever having served."""
    start_seconds: float | None = None
    """How long a server may take until it serves, or is given up; None where a slow one is to be waited for."""

    def __init__(
        self, *, command: Sequence[str], socket: Path, state: StateCheck, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` is what the server is told besides what this daemon was."""
        self._command = command
        self._environment = dict(environment or {})
        self._socket = socket
        self._state = state
        self.starts = 0
        self.pid: int | None = None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Supervise until cancelled; `on_ready` is called each time the server begins to serve.

        Raises `EngineBrokenError` where it ends several times in a row without having served.
        """
        pause_seconds = self.first_pause_seconds
        in_vain = 0
        while True:
            self._socket.unlink(missing_ok=True)
            process = await self._start()
            self.pid = process.pid
            try:
                if await self._became_ready(process):
                    pause_seconds = self.first_pause_seconds
                    in_vain = 0
                    on_ready()
                    await self._until_dead_or_hung(process)
            finally:
                await ended(process, patience_seconds=self.stop_seconds)
                self.pid = None
            in_vain += 1
            if in_vain > self.most_in_vain:
                raise EngineBrokenError(in_vain)
            log.warning("The engine ended with status %s; it starts again in %.1f s", process.returncode, pause_seconds)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, self.longest_pause_seconds)

    async def _start(self) -> asyncio.subprocess.Process:
        self.starts += 1
        # Tied to our life: no engine is left behind when this daemon is killed with -9.
        return await asyncio.create_subprocess_exec(
            *tied.command(signal.SIGKILL, self._command),
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, **self._environment},
        )

    async def _became_ready(self, process: asyncio.subprocess.Process) -> bool:
        try:
            async with asyncio.timeout(self.start_seconds):
                while process.returncode is None:
                    if await self._state() == "ready":
                        return True
                    await asyncio.sleep(self.poll_seconds)
        except TimeoutError as error:
            log.warning("The engine did not begin to serve within %.0f s", self.start_seconds)
            raise EngineBrokenError(self.starts) from error
        return False

    async def _until_dead_or_hung(self, process: asyncio.subprocess.Process) -> None:
        failed = 0
        while failed < self.hang_checks:
            try:
                async with asyncio.timeout(self.check_seconds):
                    await process.wait()
            except TimeoutError:
                failed = 0 if await self._state() == "ready" else failed + 1
            else:
                return
        log.warning("The engine no longer answers its health check")

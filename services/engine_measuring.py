"""Measures this PC once, in a quiet moment after the first start, and again where it became another PC."""

import asyncio
import hashlib
import json
import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.engine.keeper import Keeper
from assistant.engine.measuring import Measured, bench_command, candidates, measured
from firmware import tied
from firmware.durable import write_durably
from firmware.hardware import Hardware
from firmware.profile import Profile
from services.engine_graphics import Graphics
from services.settings import Places

log = logging.getLogger(__name__)


class Measuring:
    """What was measured on this PC, or nothing yet."""

    most_seconds = 120.0
    most_tries = 3

    def __init__(
        self, places: Places, *, hardware: Hardware, profile: Profile, graphics: Graphics, quiet_seconds: float
    ) -> None:
        """`quiet_seconds` is how long nobody has asked anything before the measurement begins."""
        self._places = places
        self._profile = profile
        self._quiet_seconds = quiet_seconds
        self._file = places.engine_state / "measured.json"
        self._hardware = hardware
        self._graphics = graphics
        self.found = _kept(self._file, self._key)

    @property
    def _key(self) -> str:
        device = self._graphics.device
        return key_of(self._hardware, self._places.engine, device.description if device else "")

    def told(self) -> Mapping[str, Any]:
        """For the engine's desk."""
        return {"measured": asdict(self.found) if self.found else None}

    async def run(self, keeper: Keeper, shipped: str) -> None:
        """Measure where nothing is known yet, as soon as nobody needs the engine; a question ends it at once."""
        # What the graphics did says nothing of the processor, which may have taken over.
        self.found = _kept(self._file, self._key)
        for _ in range(self.most_tries):
            if self.found is not None:
                return
            await self._until_quiet(keeper)
            output = await self._undisturbed(keeper)
            if output is not None:
                self._keep(output)
                # It comes back with what measured best.
                await keeper.unload(shipped)

    async def _until_quiet(self, keeper: Keeper) -> None:
        quiet_seconds = 0.0
        while quiet_seconds < self._quiet_seconds:
            await asyncio.sleep(1.0)
            quiet_seconds = 0.0 if _is_busy(keeper) else quiet_seconds + 1.0

    async def _undisturbed(self, keeper: Keeper) -> str | None:
        """What llama-bench says; nothing where somebody asked meanwhile, or it took too long."""
        device = self._graphics.device
        threads = (self._profile.threads,) if device else candidates(self._profile.threads, self._profile.batch_threads)
        command = bench_command(
            self._places.engine / "llama-bench",
            self._places.models / "chat.gguf",
            threads,
            device=device.name if device else "",
        )
        process = await asyncio.create_subprocess_exec(
            *tied.command(signal.SIGKILL, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **(self._graphics.environment if device else {})},
        )
        telling = asyncio.ensure_future(process.communicate())
        try:
            async with asyncio.timeout(self.most_seconds):
                while not (await asyncio.wait({telling}, timeout=0.2))[0]:
                    if _is_busy(keeper):
                        return None
        except TimeoutError:
            log.info("This PC is too slow or too busy to be measured; it works with what its parts suggest")
            return None
        finally:
            if process.returncode is None:
                process.kill()
            output, _ = await telling
        return output.decode() if process.returncode == 0 else None

    def _keep(self, output: str) -> None:
        try:
            self.found = measured(self._key, output, on_graphics=self._graphics.device is not None)
        except ValueError as error:
            log.warning("This PC could not be measured: %s", error)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._file, (json.dumps(asdict(self.found), indent=2) + "\n").encode(), 0o600)
        by = "its graphics card" if self.found.on_graphics else f"{self.found.threads} threads"
        log.info("This PC was measured; %s write fastest", by)


def key_of(hardware: Hardware, engine: Path, device: str = "") -> str:
    """Names a PC with its engine: another processor, memory, engine or computing graphics has to be measured anew."""
    facts = repr((hardware.processor, hardware.memory, engine.name, *((device,) if device else ())))
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _is_busy(keeper: Keeper) -> bool:
    return any(kept.holders or not kept.ready for kept in keeper.kept())


def _kept(file: Path, key: str) -> Measured | None:
    try:
        found = Measured(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.key == key else None

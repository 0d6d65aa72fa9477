"""Whether a graphics card computes on this node: looked for at the start, given up where its driver fails, and told."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from assistant.engine.graphics import Card, Choice, Device, GraphicsTold, any_of, chosen, listed
from assistant.engine.keeper import Plan, Running
from assistant.engine.on_graphics import OnGraphics, WithoutGraphics
from assistant.engine.process import EngineProcess
from assistant.engine.settings import EngineSettings
from firmware import tied
from firmware.durable import write_durably
from firmware.hardware import Gpu, Hardware
from firmware.profile import Profile, computing_gpus
from services.errors import SettingsError
from services.settings import Places

log = logging.getLogger(__name__)

MODULE: Final = "libggml-vulkan.so"
SHIPPED: Final = "chat.gguf"
"""The model that comes with the product."""
SLOW_BYTES_PER_SECOND: Final = 20_000_000
MOST_FAILURES: Final = 2
"""Starts in a row that the graphics may spoil, a frozen PC included, before they are left alone."""
_WISHES: Final = ("auto", "on", "off")
_PROCESSOR: Final = "The processor computes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to compute before anybody looked for a driver."""

    graphics: bool
    reason: str = ""
    """Why the processor does, as a sentence; empty where the graphics are to."""


def wish(setting: str, profile: Profile, *, has_module: bool, failures: int) -> Wish:
    """Whether the graphics are to compute; `SettingsError` where the setting is none of the three."""
    if setting not in _WISHES:
        message = f"The setting “engine.graphics” is “{setting}”; it can be {', '.join(_WISHES)}."
        raise SettingsError(message)
    if setting == "off":
        return Wish(graphics=False, reason="The settings say that graphics are not used.")
    if setting == "auto" and "vulkan" not in profile.backends:
        why = next((reason.sentence for reason in profile.reasons if reason.choice == "gpu_layers"), "")
        return Wish(graphics=False, reason=why)
    if not has_module:
        return Wish(
            graphics=False,
            reason="The module for graphics cards was not built here; `make setup-graphics` builds it.",
        )
    if setting == "auto" and failures >= MOST_FAILURES:
        return Wish(
            graphics=False,
            reason=f"The graphics spoiled the last {failures} starts, so they are left alone until Hearth is updated; "
            'graphics = "on" under [engine] in the settings tries them again.',
        )
    return Wish(graphics=True)


class Graphics:
    """The graphics card that computes, if one does."""

    look_seconds = 60.0

    def __init__(
        self, places: Places, *, settings: EngineSettings, hardware: Hardware, profile: Profile, version: str
    ) -> None:
        """`version` is Hearth's own: after an update, graphics that failed are tried again."""
        self._engine = places.engine
        self._module = places.graphics / MODULE
        self._shaders = places.engine_state / "shaders"
        self._record = _Record(places.engine_state / "graphics.json", key=f"{version} {hardware.gpus!r}")
        self._setting = settings.graphics
        self._start_seconds = settings.graphics_seconds
        self._profile = profile
        self._gpus = hardware.gpus
        self._choice: Choice | None = None
        self._without: set[str] = set()
        self._reason = ""

    @property
    def device(self) -> Device | None:
        """What computes, or nothing where the processor does."""
        return self._choice.device if self._choice else None

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process is told so that it loads the module; nobody else does."""
        return {"GGML_BACKEND_PATH": str(self._module), "MESA_SHADER_CACHE_DIR": str(self._shaders)}

    def told(self) -> GraphicsTold:
        """For the engine's desk."""
        if self._choice is None:
            return GraphicsTold(sentence=f"{_PROCESSOR}. {self._reason}".strip())
        without = f" {len(self._without)} model(s) are computed by the processor instead." if self._without else ""
        return GraphicsTold(
            sentence=f"The graphics card computes: {self._choice.device.description}.{without}",
            device=self._choice.device.description,
            memory_bytes=self._choice.device.room_bytes,
            shared=self._choice.shared,
        )

    async def look(self) -> None:
        """Find the device that is to compute, in a process of its own, since a driver may take it along."""
        found = wish(self._setting, self._profile, has_module=self._module.is_file(), failures=self._record.failures)
        self._reason = found.reason
        if found.graphics:
            self._record.begin()
            output, problem = await self._listed()
            self._choice = self._chosen(listed(output))
            if self._choice is None:
                self._reason = problem or "No driver of a graphics card was found."
                self._record.end(failed=bool(problem))
        log.info("%s", self.told().sentence)

    def carries(self, name: str) -> bool:
        """Whether the model of this file may be tried on the graphics."""
        return self.device is not None and name not in self._without

    def watched(self, process: EngineProcess, plan: Plan) -> Running:
        """What runs this server so that the graphics are given up where they do not carry it."""
        if plan.graphics_bytes:
            # Longer than any stick takes to read a model; a driver that stands still does so for ever.
            process.start_seconds = self._start_seconds + plan.graphics_bytes / SLOW_BYTES_PER_SECOND
            served = partial(self._record.end, failed=False)
            return OnGraphics(process, served=served, failed=partial(self._without.add, plan.name))
        if plan.name in self._without:
            return WithoutGraphics(process, served=partial(self._processor_carried, plan.name))
        return process

    def _processor_carried(self, name: str) -> None:
        """The processor carries what the graphics did not, so the model is not at fault.

        Where that is the product's own model, which every card carries, nothing more is tried on them.
        """
        if self.device is None or name != SHIPPED:
            return
        self._reason = (
            f"The driver of the graphics card ({self.device.description}) failed as a model was loaded, and the "
            "processor took over; the engine's log says more."
        )
        self._choice = None
        self._record.end(failed=True)
        log.warning("%s", self.told().sentence)

    def stopped(self) -> None:
        """This daemon was told to stop: what was not decided yet counts for nothing."""
        self._record.end(failed=False, decided=False)

    def _chosen(self, devices: Sequence[Device]) -> Choice | None:
        good = computing_gpus(self._gpus)
        if self._setting != "on":
            return chosen(devices, [_card(gpu) for gpu in good])
        others = tuple(gpu for gpu in self._gpus if gpu not in good)
        return any_of(devices, [_card(gpu) for gpu in (*good, *others)])

    async def _listed(self) -> tuple[str, str]:
        """What the engine lists, and what went wrong, as a sentence."""
        process = await asyncio.create_subprocess_exec(
            *tied.command(signal.SIGKILL, [str(self._engine / "llama-server"), "--list-devices"]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        try:
            async with asyncio.timeout(self.look_seconds):
                output, _ = await process.communicate()
        except TimeoutError:
            return "", f"The driver of the graphics card did not answer for {self.look_seconds:.0f} seconds."
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            return "", "The driver of the graphics card broke off as it was asked what it has."
        return output.decode(errors="replace"), ""


class _Record:
    """How often in a row the graphics spoiled a start; written before each try, so that a frozen PC counts too."""

    def __init__(self, file: Path, *, key: str) -> None:
        self._file = file
        self._key = key
        self._before = self.failures = _failures(file, key)
        self._open = False

    def begin(self) -> None:
        """A try begins; it counts as failed until it ended."""
        self._open = True
        self._write(self._before + 1)

    def end(self, *, failed: bool, decided: bool = True) -> None:
        """The try ended; a later end of the same try counts only where it failed."""
        if not self._open and not failed:
            return
        self._open = False
        self._write(self._before + 1 if failed else 0 if decided else self._before)

    def _write(self, failures: int) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._file, json.dumps({"key": self._key, "failures": failures}).encode(), 0o600)


def _failures(file: Path, key: str) -> int:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return int(content["failures"]) if content["key"] == key else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _card(gpu: Gpu) -> Card:
    return Card(maker=gpu.vendor, memory_bytes=gpu.memory_bytes, shared=gpu.integrated)

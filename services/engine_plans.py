"""How each model is run on this PC: which file it is, what it needs, and the command line that follows."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.command import EngineOptions, command
from assistant.engine.errors import EngineNoRoomError, EngineUnfitError
from assistant.engine.keeper import Plan
from assistant.engine.measuring import Measured
from assistant.engine.spread import Spread, spread_command
from assistant.models.errors import UnfitModelError
from assistant.models.facts import ModelFacts, facts_of
from assistant.models.fit import (
    PROMPT_CACHE_MIB,
    Room,
    beside_graphics_bytes,
    least_need,
    placed,
    room_for_models,
)
from assistant.models.gguf import read_head
from assistant.models.household import with_graphics
from firmware.hardware import Hardware
from firmware.profile import ALL_LAYERS, Profile
from services.engine_graphics import SHIPPED, Graphics
from services.settings import Places

UNMEASURED_BATCH = 512
_OWN = re.compile(r"[0-9a-f]{64}\.gguf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """How many threads compute, as it was measured or as the profile says."""

    writing: int
    reading: int
    batch: int
    """Tokens of a prompt that are computed at once."""


def room_of(hardware: Hardware, *, memory_bytes: int) -> Room:
    """What this PC has for models without its graphics; `memory_bytes` is a person's own limit, 0 without one."""
    return Room(memory_bytes=memory_bytes or room_for_models(hardware.memory.usable_bytes or 0))


def threads_of(profile: Profile, found: Measured | None) -> Threads:
    """As it was measured, else as the profile says."""
    if found is None:
        return Threads(writing=profile.threads, reading=profile.batch_threads, batch=UNMEASURED_BATCH)
    return Threads(writing=found.threads, reading=found.batch_threads, batch=found.batch)


def file_of(places: Places, name: str) -> Path:
    """The file of this name; raises `EngineUnfitError` where there is none, or the name is no model's."""
    file = places.models / name if name == SHIPPED else places.own_models / name
    if (name != SHIPPED and not _OWN.fullmatch(name)) or not file.is_file():
        raise EngineUnfitError(name)
    return file


def planner(
    places: Places,
    profile: Profile,
    room: Room,
    *,
    key_file: Path,
    threads: Callable[[], Threads],
    graphics: Graphics,
    longest_tokens: int,
) -> Callable[[str], Plan]:
    """A function that plans how to run the model of a file; it reads the file's head and raises `EngineError`.

    One conversation of the owner's own models may hold up to `longest_tokens`.
    """

    def planned(name: str) -> Plan:
        file = file_of(places, name)
        facts = _facts(file, name)
        device = graphics.device if graphics.carries(name) else None
        now = with_graphics(room, graphics.told() if device else None)
        found = placed(
            facts,
            now,
            context_tokens=profile.context_tokens,
            slots=profile.parallel_slots,
            longest_tokens=0 if name == SHIPPED else longest_tokens,
        )
        if found is None:
            raise EngineNoRoomError(
                need_bytes=least_need(facts), free_bytes=room.memory_bytes, budget_bytes=room.memory_bytes
            )
        place, way = found
        if place != "graphics":
            device = None
        socket = places.engine_socket if name == SHIPPED else places.engine_socket.with_name(f"m-{name[:16]}.sock")
        count = threads()
        options = EngineOptions(
            program=places.engine / "llama-server",
            model=file,
            socket=socket,
            key_file=key_file,
            threads=count.writing,
            batch_threads=count.reading,
            batch=count.batch,
            context_tokens=way.context_tokens,
            slots=way.slots,
            prompt_cache_mib=PROMPT_CACHE_MIB,
            gpu_layers=ALL_LAYERS if device else 0,
            device=device.name if device else "",
        )
        return Plan(
            name=name,
            socket=socket,
            command=tuple(command(options)),
            context_tokens=way.context_tokens,
            slots=way.slots,
            need_bytes=beside_graphics_bytes(facts) if device and not now.shared else way.need_bytes,
            graphics_bytes=way.need_bytes if device else 0,
            environment=graphics.environment if device else {},
        )

    return planned


def spread_planner(
    places: Places, *, key_file: Path, threads: Callable[[], Threads]
) -> Callable[[str, Spread, tuple[str, ...]], Plan]:
    """A function that plans how to run the model of a file with other boxes at addresses; it raises `EngineError`."""

    def planned(name: str, spread: Spread, at: tuple[str, ...]) -> Plan:
        file = file_of(places, name)
        own = secrets.token_hex(8)
        socket = places.engine_socket.with_name(f"s-{own}.sock")
        count = threads()
        options = EngineOptions(
            program=places.engine / "llama-server",
            model=file,
            socket=socket,
            key_file=key_file,
            threads=count.writing,
            batch_threads=count.reading,
            batch=count.batch,
            context_tokens=spread.context_tokens,
            slots=1,
            prompt_cache_mib=0,
            gpu_layers=sum(spread.layers),
        )
        return Plan(
            name=f"{name}@{own}",
            socket=socket,
            command=tuple(spread_command(options, spread, at)),
            context_tokens=spread.context_tokens,
            slots=1,
            need_bytes=spread.need_bytes,
        )

    return planned


def _facts(file: Path, name: str) -> ModelFacts:
    try:
        return facts_of(read_head(file))
    except (UnfitModelError, OSError) as error:
        raise EngineUnfitError(name) from error

"""`hearth-engine`: keeps models in memory, each in a `llama-server` with the threads and context that suit this PC."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Final

from assistant.clock import SystemClock
from assistant.engine.client import LlamaServer
from assistant.engine.desk import Desk
from assistant.engine.errors import EngineError, EngineNotFoundError
from assistant.engine.keeper import Keeper, Plan, Running
from assistant.engine.parts import Parts
from assistant.engine.process import EngineProcess
from assistant.engine.reservation import Reservation
from assistant.engine.settings import EngineSettings
from firmware import apart
from services import credentials, notify
from services.arguments import settings_from
from services.device import read_hardware, read_profile
from services.engine_graphics import SHIPPED, Graphics
from services.engine_measuring import Measuring
from services.engine_plans import Threads, planner, room_of, spread_planner, threads_of
from services.errors import ServicesError, told
from services.serving import until_stopped
from services.settings import Places

log = logging.getLogger(__name__)

SPREAD_STOP_SECONDS: Final = 2.0
"""A server that waits for a box that has gone heeds no signal, and whoever asked waits for its end."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; 1 where the engine can't be started at all."""
    notify.configure_logging("hearth-engine")
    try:
        settings = settings_from(argv, __doc__ or "")
        asyncio.run(_supervise(settings.places, settings.engine))
    except (ServicesError, EngineError) as error:
        log.error("%s", error)
        return 1
    return 0


async def _supervise(places: Places, settings: EngineSettings) -> None:
    profile = read_profile(places)
    places.engine_socket.parent.mkdir(parents=True, exist_ok=True)
    program = places.engine / "llama-server"
    if not program.exists():
        message = f"There is no engine at {program}. Run `make setup` to build it."
        raise EngineNotFoundError(message)
    key = credentials.read("engine.key")
    hardware = read_hardware(places)
    room = room_of(hardware, memory_bytes=settings.memory_bytes)
    graphics = Graphics(
        places, settings=settings, hardware=hardware, profile=profile, version=metadata.version("hearth")
    )
    await graphics.look()
    measuring = Measuring(
        places, hardware=hardware, profile=profile, graphics=graphics, quiet_seconds=settings.quiet_seconds
    )
    key_file = credentials.path("engine.key")

    def threads() -> Threads:
        return threads_of(profile, measuring.found)

    plans = planner(
        places,
        profile,
        room,
        key_file=key_file,
        threads=threads,
        graphics=graphics,
        longest_tokens=settings.longest_tokens,
    )

    def started(plan: Plan) -> Running:
        if not plan.command:
            return Reservation()
        server = LlamaServer(socket=plan.socket, key=key)
        process = EngineProcess(
            command=plan.command, socket=plan.socket, state=server.state, environment=plan.environment
        )
        process.check_seconds, process.hang_checks = settings.check_seconds, settings.hang_checks
        if "--rpc" in plan.command:
            process.most_in_vain = 0  # the boxes that it was spread over are let go with it
            process.stop_seconds = SPREAD_STOP_SECONDS
            return process
        return graphics.watched(process, plan)

    keeper = Keeper(
        planned=plans,
        started=started,
        budget_bytes=room.memory_bytes,
        idle_seconds=settings.idle_seconds,
        clock=SystemClock(),
        graphics_bytes=graphics.told().memory_bytes,
    )
    planned = spread_planner(places, key_file=key_file, threads=threads)
    parts = Parts(keeper, planned=planned, is_apart=apart.is_apart())
    desk = Desk(
        keeper,
        socket=places.engine_desk,
        told=lambda: {
            **measuring.told(),
            "graphics": asdict(graphics.told()),
            "idle_limit_seconds": settings.idle_seconds,
        },
        parts=parts,
    )
    try:
        async with until_stopped() as stop, asyncio.TaskGroup() as tasks:
            work = (keeper.run(), desk.run(), _first(keeper, measuring), _feed())
            running = [tasks.create_task(task) for task in work]
            await stop.wait()
            notify.stopping()
            graphics.stopped()
            for task in running:
                task.cancel()
    except BaseExceptionGroup as group:
        raise told(group, EngineError) from None


async def _first(keeper: Keeper, measuring: Measuring) -> None:
    """Load the model that came with the product, so that the first question finds it; then measure this PC."""
    async with keeper.held(SHIPPED):
        notify.ready("The language model answers")
    await measuring.run(keeper, SHIPPED)


async def _feed() -> None:
    async def works() -> bool:
        """True: dead and hung servers are dealt with by the keeper; a watchdog should see this loop standing still."""
        return True

    await notify.watchdog(works)


if __name__ == "__main__":
    sys.exit(main())

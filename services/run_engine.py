"""`hearth-engine`: supervises `llama-server` with the threads and context that suit this PC."""

import asyncio
import logging
import sys
from collections.abc import Sequence

from assistant.engine.client import LlamaServer
from assistant.engine.command import EngineOptions, command
from assistant.engine.errors import EngineError, EngineNotFoundError
from assistant.engine.process import EngineProcess
from assistant.engine.settings import EngineSettings
from services import credentials, notify
from services.arguments import settings_from
from services.device import read_profile
from services.errors import ServicesError, told
from services.serving import until_stopped
from services.settings import Places

log = logging.getLogger(__name__)


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
    options = EngineOptions(
        program=places.engine / "llama-server",
        model=places.models / "chat.gguf",
        socket=places.engine_socket,
        key_file=credentials.path("engine.key"),
        threads=profile.threads,
        batch_threads=profile.batch_threads,
        context_tokens=profile.context_tokens,
        slots=profile.parallel_slots,
        gpu_layers=profile.gpu_layers,
    )
    if not options.program.exists():
        message = f"There is no engine at {options.program}. Run `make setup` to build it."
        raise EngineNotFoundError(message)
    client = LlamaServer(socket=options.socket, key=credentials.read("engine.key"))
    process = EngineProcess(command=command(options), socket=options.socket, state=client.state)
    process.check_seconds, process.hang_checks = settings.check_seconds, settings.hang_checks
    try:
        async with until_stopped() as stop, asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(process.run(lambda: notify.ready("The language model answers"))),
                tasks.create_task(notify.watchdog(process.is_supervised)),
            ]
            await stop.wait()
            notify.stopping()
            for task in running:
                task.cancel()
    except BaseExceptionGroup as group:
        raise told(group, EngineError) from None
    await client.close()


if __name__ == "__main__":
    sys.exit(main())

"""A server that computes on a graphics card: given up, and told, where its driver fails, so that nothing circles."""

from collections.abc import Callable

from assistant.engine.errors import EngineBrokenError, EngineGraphicsError
from assistant.engine.process import EngineProcess


class OnGraphics:
    """Runs a server as its `EngineProcess` does, but not again and again where it does not live."""

    most_deaths = 3
    """So often it may end after it has served, before the driver counts as unfit for it."""

    def __init__(self, process: EngineProcess, *, served: Callable[[], None], failed: Callable[[], None]) -> None:
        """`failed` is called before the error is raised, so that whoever plans next knows of it."""
        # A driver that breaks off twice as a model is loaded does so again.
        process.most_in_vain = 1
        self._process = process
        self._served = served
        self._failed = failed
        self._times = 0

    @property
    def pid(self) -> int | None:
        """Of the server that runs now."""
        return self._process.pid

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Supervise until cancelled; raises `EngineGraphicsError` where it does not live on the graphics."""

        def ready() -> None:
            self._times += 1
            if self._times > self.most_deaths:
                self._failed()
                raise EngineGraphicsError
            self._served()
            on_ready()

        try:
            await self._process.run(ready)
        except EngineBrokenError as error:
            self._failed()
            raise EngineGraphicsError from error


class WithoutGraphics:
    """Runs a server that failed on the graphics on the processor; where it serves there, the graphics were at fault."""

    def __init__(self, process: EngineProcess, *, served: Callable[[], None]) -> None:
        self._process = process
        self._served = served

    @property
    def pid(self) -> int | None:
        """Of the server that runs now."""
        return self._process.pid

    async def run(self, on_ready: Callable[[], None]) -> None:
        """See `EngineProcess.run`."""

        def ready() -> None:
            self._served()
            on_ready()

        await self._process.run(ready)

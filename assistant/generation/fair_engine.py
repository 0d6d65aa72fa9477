"""The engine of the answers behind the same line that programs wait in."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from assistant.clock import Clock
from assistant.engine.client import CAREFUL, EngineState
from assistant.engine.leases import Leases
from assistant.engine.message import Message
from assistant.engine.place import OnPlace, untold
from assistant.engine.sampling import Sampling
from assistant.engine.watch import Patience, watched
from assistant.generation.models import ModelCard
from assistant.generation.queue import FairQueue
from assistant.generation.waiting import once_ready


class FairEngine:
    """An `Engine` that lets each question wait for its turn, and notices when the engine hangs."""

    def __init__(
        self,
        *,
        leases: Leases,
        chosen: Callable[[], ModelCard],
        queue: FairQueue,
        clock: Clock,
        patience: Patience,
        ready_seconds: float,
    ) -> None:
        """`chosen` is the model that answers now."""
        self._leases = leases
        self._chosen = chosen
        self._queue = queue
        self._clock = clock
        self._patience = patience
        self._ready_seconds = ready_seconds

    async def state(self) -> EngineState:
        """Whether it can serve now; never raises."""
        return await self._leases.state()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        on_place: OnPlace = untold,  # noqa: ARG002 - it is in one place
        stays_here: bool = False,  # noqa: ARG002 - the same
        is_patient: bool = True,
    ) -> AsyncGenerator[str, None]:
        """See `Engine.complete`; raises `QueueFullError` as well.

        Without patience an engine that is away is not waited for: another node may do it.
        """

        card = self._chosen()

        async def start() -> AsyncGenerator[str, None]:
            async with self._leases.held(card.file.name) as lease:
                pieces = lease.server.complete(messages, max_tokens=max_tokens, sampling=sampling)
                async with aclosing(watched(pieces, state=lease.server.state, patience=self._patience)) as told:
                    async for piece in told:
                        yield piece

        async with self._queue.turn(line, model=card.name, limit=card.slots):
            ready_seconds = self._ready_seconds if is_patient else 0.0
            pieces = once_ready(start, patience_seconds=ready_seconds, clock=self._clock)
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece

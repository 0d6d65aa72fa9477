"""The line in front of the engine: bounded, and fair between people rather than between requests."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.errors import QueueFullError

_FIRST_GUESS_SECONDS = 5.0
_MEMORY = 0.2
"""How much the latest turn says about the next one's length."""
_LONGEST_WAIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How many may be served, and wait, at a time."""

    slots: int = 1
    """Requests that the engine serves side by side."""
    waiting_each: int = 32
    """Requests of one person that may wait."""
    waiting_total: int = 128
    """Requests of all people that may wait."""


class FairQueue:
    """Lets `slots` requests through at a time; a free slot goes to the person who has fewest running."""

    def __init__(self, settings: QueueSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._turn_seconds = _FIRST_GUESS_SECONDS
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """Requests that are served now."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, line: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it; who stops waiting leaves the line. Raises `QueueFullError` at once."""
        await self._enter(line)
        began = self._clock.monotonic()
        try:
            yield
        finally:
            taken = self._clock.monotonic() - began
            self._turn_seconds += _MEMORY * (taken - self._turn_seconds)
            self._leave(line)

    async def quiet(self, patience_seconds: float) -> None:
        """Wait until nobody is served, or as long as this: work in the background has to end one day, too."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._idle.wait()

    async def _enter(self, line: str) -> None:
        if self.running < self._settings.slots and not self._waiting:
            self._idle.clear()
            self._running[line] += 1
            return
        own = len(self._waiting.get(line, ())) >= self._settings.waiting_each
        if own or self.waiting >= self._settings.waiting_total:
            raise QueueFullError(wait_seconds=self._expected_wait(), own=own)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(line, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave(line)  # the slot came at the very moment in which nobody wanted it any more
            else:
                self._forget(line, place)
            raise

    def _leave(self, line: str) -> None:
        self._running[line] -= 1
        self._running += Counter()  # keeps only lines with something running
        self._let_in()
        if not self.running:
            self._idle.set()

    def _let_in(self) -> None:
        while self._waiting and self.running < self._settings.slots:
            # Equals are served in the order in which they came: `min` takes the first, and who was served goes last.
            line = min(self._waiting, key=lambda one: self._running[one])
            places = self._waiting.pop(line)
            place = places.popleft()
            if places:
                self._waiting[line] = places
            if not place.done():
                self._running[line] += 1
                place.set_result(None)

    def _forget(self, line: str, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(line)
        if places is not None and place in places:
            places.remove(place)
            if not places:
                del self._waiting[line]

    def _expected_wait(self) -> float:
        return min(_LONGEST_WAIT_SECONDS, self._turn_seconds * (self.waiting + 1) / self._settings.slots)

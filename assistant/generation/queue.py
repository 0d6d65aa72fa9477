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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request waits: for any free slot, and for one of its model where that has fewer than the PC."""

    model: str
    limit: int
    comes_in: asyncio.Future[None]


class FairQueue:
    """Lets `slots` requests through at a time; a free slot goes to the person who has fewest running.

    A model with fewer places of its own gets no more than these at a time: more would wait where nobody is fair.
    """

    def __init__(self, settings: QueueSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._running: Counter[str] = Counter()
        self._of_model: Counter[str] = Counter()
        self._waiting: dict[str, deque[_Place]] = {}
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
    async def turn(self, line: str, *, model: str = "", limit: int = 0, goes_on: bool = False) -> AsyncIterator[None]:
        """Wait for a slot and hold it; who stops waiting leaves the line. Raises `QueueFullError` at once.

        `limit` is how many this model works on at a time, 0 where that is as many as the PC does. Work that goes on,
        for which a turn was held already, is never turned away.
        """
        await self._enter(line, model, limit or self._settings.slots, goes_on=goes_on)
        began = self._clock.monotonic()
        try:
            yield
        finally:
            taken = self._clock.monotonic() - began
            self._turn_seconds += _MEMORY * (taken - self._turn_seconds)
            self._leave(line, model)

    async def quiet(self, patience_seconds: float) -> None:
        """Wait until nobody is served, or as long as this: work in the background has to end one day, too."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._idle.wait()

    async def _enter(self, line: str, model: str, limit: int, *, goes_on: bool) -> None:
        place = _Place(model, limit, asyncio.get_running_loop().create_future())
        if self._has_room(place) and not self._is_next_of(model):
            self._begin(line, model)
            return
        own = len(self._waiting.get(line, ())) >= self._settings.waiting_each
        if not goes_on and (own or self.waiting >= self._settings.waiting_total):
            raise QueueFullError(wait_seconds=self._expected_wait(), own=own)
        self._waiting.setdefault(line, deque()).append(place)
        try:
            await place.comes_in
        except asyncio.CancelledError:
            if place.comes_in.done() and not place.comes_in.cancelled():
                self._leave(line, model)  # the slot came at the very moment in which nobody wanted it any more
            else:
                self._forget(line, place)
            raise

    def _has_room(self, place: _Place) -> bool:
        return self.running < self._settings.slots and self._of_model[place.model] < place.limit

    def _is_next_of(self, model: str) -> bool:
        """Whether somebody waits for this model already; who waits for another one is not overtaken by this."""
        return any(place.model == model for places in self._waiting.values() for place in places)

    def _begin(self, line: str, model: str) -> None:
        self._idle.clear()
        self._running[line] += 1
        self._of_model[model] += 1

    def _leave(self, line: str, model: str) -> None:
        self._running[line] -= 1
        self._of_model[model] -= 1
        self._running += Counter()  # keeps only lines with something running
        self._of_model += Counter()
        self._let_in()
        if not self.running:
            self._idle.set()

    def _let_in(self) -> None:
        while (found := self._next()) is not None:
            line, place = found
            places = self._waiting.pop(line)
            places.remove(place)
            if places:
                self._waiting[line] = places  # at the end: who was served goes last
            if not place.comes_in.done():
                self._begin(line, place.model)
                place.comes_in.set_result(None)

    def _next(self) -> tuple[str, _Place] | None:
        """Whose turn it is, of those for whom there is room: equals in the order in which they came."""
        for line in sorted(self._waiting, key=lambda one: self._running[one]):
            for place in self._waiting[line]:
                if self._has_room(place):
                    return line, place
        return None

    def _forget(self, line: str, place: _Place) -> None:
        places = self._waiting.get(line)
        if places is not None and place in places:
            places.remove(place)
            if not places:
                del self._waiting[line]

    def _expected_wait(self) -> float:
        return min(_LONGEST_WAIT_SECONDS, self._turn_seconds * (self.waiting + 1) / self._settings.slots)

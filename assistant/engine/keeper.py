"""Keeps models in memory: each in a `llama-server` of its own, loaded on demand, let go when idle or for another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.clock import Clock
from assistant.engine.errors import (
    EngineError,
    EngineGraphicsError,
    EngineNoRoomError,
    EngineUnavailableError,
    EngineUnfitError,
)
from assistant.engine.memory import Amount, Busy, Leave, Resident, TooLarge, room_for, taken_by
from assistant.engine.watch import UNAVAILABLE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one model is run."""

    name: str
    """Of its file."""
    socket: Path
    command: tuple[str, ...]
    context_tokens: int
    slots: int
    need_bytes: int
    """Of main memory."""
    graphics_bytes: int = 0
    """Of the graphics card that computes; 0 where the processor does."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What its server is told besides what the daemon was."""

    @property
    def need(self) -> Amount:
        """Of both memories."""
        return Amount(memory_bytes=self.need_bytes, graphics_bytes=self.graphics_bytes)


class Running(Protocol):
    """A supervised server of one model."""

    @property
    def pid(self) -> int | None:
        """Of the server that runs now."""
        ...

    def run(self, on_ready: Callable[[], None]) -> Coroutine[None, None, None]:
        """Keep it running until cancelled; raises `EngineError` where it never serves."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A model in memory, as it is told."""

    name: str
    ready: bool
    holders: int
    need_bytes: int
    used_bytes: int
    """What its process takes now."""
    idle_seconds: float
    context_tokens: int
    slots: int
    graphics_bytes: int = 0
    """What it may take of the graphics card."""


@dataclass(slots=True)
class _Seat:
    plan: Plan
    running: Running
    task: "asyncio.Task[None]"
    idle_since: float
    holders: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Keeper:
    """The models in memory, within a budget."""

    busy_seconds = 30.0
    """How long one waits for a busy model to be done, where both do not fit."""
    sweep_seconds = 5.0

    def __init__(
        self,
        *,
        planned: Callable[[str], Plan],
        started: Callable[[Plan], Running],
        budget_bytes: int,
        idle_seconds: float,
        clock: Clock,
        graphics_bytes: int = 0,
    ) -> None:
        """`planned` says how to run the model of a file, or raises `EngineError`; `started` makes what runs it.

        `graphics_bytes` is the budget of the graphics card. Where a server raises `EngineGraphicsError`, its model is
        planned anew, and the plan has to do without the graphics.
        """
        self.budget_bytes = budget_bytes
        self._budget = Amount(memory_bytes=budget_bytes, graphics_bytes=graphics_bytes)
        self._planned = planned
        self._started = started
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._seats: dict[str, _Seat] = {}
        self._choosing = asyncio.Lock()
        self._released = asyncio.Event()

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[Plan]:
        """The model of this file, loaded and kept in memory as long as the block lasts.

        Raises `EngineNoRoomError` with the numbers, or `EngineError` where the model does not load.
        """
        seat = await self._serving(name)
        try:
            yield seat.plan
        finally:
            self._let_go(seat)

    @asynccontextmanager
    async def glanced(self, name: str) -> AsyncIterator[Plan]:
        """The model of this file where it serves already, for a look that does not count as use.

        Raises `EngineUnavailableError` where it is not in memory.
        """
        seat = self._seats.get(name)
        if seat is None or not seat.ready.is_set():
            raise EngineUnavailableError(UNAVAILABLE)
        idle_since = seat.idle_since
        seat.holders += 1
        try:
            yield seat.plan
        finally:
            is_only_look = seat.idle_since == idle_since
            self._let_go(seat)
            if is_only_look:
                seat.idle_since = idle_since

    @asynccontextmanager
    async def passing(self, plan: Plan) -> AsyncIterator["asyncio.Task[None]"]:
        """What runs by this plan, alone for this block and gone with it; its task ends where it ends by itself.

        Raises as `held` does. The plan's name is its own: nobody else gets it.
        """
        seat = await self._seated(plan.name, plan)
        try:
            await self._until_ready(seat)
            yield seat.task
        finally:
            seat.holders -= 1
            async with self._choosing:
                if self._seats.get(plan.name) is seat:
                    await self._stop(seat, "its lease is over")
            self._released.set()

    async def unload(self, name: str) -> bool:
        """Let a model go that nobody uses; false where somebody does."""
        async with self._choosing:
            seat = self._seats.get(name)
            if seat is not None and seat.holders:
                return False
            if seat is not None:
                await self._stop(seat, "somebody wished it")
            return True

    def kept(self) -> list[Kept]:
        """What is in memory."""
        now = self._clock.monotonic()
        return [
            Kept(
                name=seat.plan.name,
                ready=seat.ready.is_set(),
                holders=seat.holders,
                need_bytes=seat.plan.need_bytes,
                used_bytes=resident_bytes(seat.running.pid),
                idle_seconds=0.0 if seat.holders else max(0.0, now - seat.idle_since),
                context_tokens=seat.plan.context_tokens,
                slots=seat.plan.slots,
                graphics_bytes=seat.plan.graphics_bytes,
            )
            for seat in self._seats.values()
        ]

    async def run(self) -> None:
        """Let go of what nobody used for a while, until cancelled; then of all."""
        try:
            while True:
                await asyncio.sleep(min(self.sweep_seconds, self._idle_seconds))
                async with self._choosing:
                    now = self._clock.monotonic()
                    for seat in list(self._seats.values()):
                        if not seat.holders and now - seat.idle_since >= self._idle_seconds:
                            await self._stop(seat, "nobody used it")
        finally:
            for seat in list(self._seats.values()):
                await self._stop(seat, "the engine stops")

    async def _serving(self, name: str) -> _Seat:
        """A seat whose model serves, with one holder more."""
        while True:
            seat = await self._seated(name)
            serves = False
            try:
                serves = await self._until_ready(seat)
            finally:
                if not serves:
                    self._let_go(seat)
            if serves:
                return seat
            log.warning("The graphics card does not carry a model; the processor computes it")

    def _let_go(self, seat: _Seat) -> None:
        seat.holders -= 1
        seat.idle_since = self._clock.monotonic()
        self._released.set()

    async def _seated(self, name: str, given: Plan | None = None) -> _Seat:
        until = self._clock.monotonic() + self.busy_seconds
        while True:
            # Reading a file's head is blocking work.
            plan = given
            if plan is None and name not in self._seats:
                plan = await asyncio.to_thread(self._planned, name)
            async with self._choosing:
                seat = self._seats.get(name)
                if seat is None and plan is not None:
                    seat = await self._with_room(plan, gives_up=self._clock.monotonic() >= until)
                if seat is not None:
                    seat.holders += 1
                    return seat
                self._released.clear()
            try:
                async with asyncio.timeout(1.0):
                    await self._released.wait()
            except TimeoutError:
                continue

    async def _with_room(self, plan: Plan, *, gives_up: bool) -> _Seat | None:
        residents = [
            Resident(
                name=seat.plan.name,
                need=seat.plan.need,
                holders=seat.holders,
                idle_since=seat.idle_since,
            )
            for seat in self._seats.values()
        ]
        match room_for(plan.need, residents, self._budget):
            case Leave(names=names):
                for name in names:
                    await self._stop(self._seats[name], "another model needs its room")
                return self._start(plan)
            case Busy() if not gives_up:
                return None
            case Busy():
                raise _no_room(plan.need, self._budget, taken_by(residents))
            case TooLarge():
                raise _no_room(plan.need, self._budget, Amount(memory_bytes=0))

    def _start(self, plan: Plan) -> _Seat:
        running = self._started(plan)
        ready = asyncio.Event()
        task = asyncio.get_running_loop().create_task(running.run(ready.set))
        seat = _Seat(plan=plan, running=running, task=task, idle_since=self._clock.monotonic(), ready=ready)
        self._seats[plan.name] = seat
        task.add_done_callback(lambda done: self._ended(seat, done))
        log.info("A model is loaded; it may take %.1f GB", plan.need_bytes / 1e9)
        return seat

    def _ended(self, seat: _Seat, task: "asyncio.Task[None]") -> None:
        if self._seats.get(seat.plan.name) is seat:
            del self._seats[seat.plan.name]
        if not task.cancelled() and task.exception() is not None:
            log.error("A model could not be kept running: %s", task.exception())
        self._released.set()

    async def _stop(self, seat: _Seat, why: str) -> None:
        log.info("A model leaves memory: %s", why)
        self._seats.pop(seat.plan.name, None)
        seat.task.cancel()
        await asyncio.wait({seat.task})

    async def _until_ready(self, seat: _Seat) -> bool:
        """Wait until the model serves; false where the graphics do not carry it.

        Raises what ended its server where it never serves.
        """
        waiting = asyncio.ensure_future(seat.ready.wait())
        try:
            await asyncio.wait({waiting, seat.task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if seat.ready.is_set() and not seat.task.done():
            return True
        ended = seat.task.exception() if seat.task.done() and not seat.task.cancelled() else None
        if isinstance(ended, EngineGraphicsError):
            return False
        raise EngineUnfitError(seat.plan.name) from (ended if isinstance(ended, EngineError) else None)


def _no_room(need: Amount, budget: Amount, taken: Amount) -> EngineNoRoomError:
    """The refusal with the numbers of the memory that lacks."""
    if (taken + need).beyond(budget).graphics_bytes:
        return EngineNoRoomError(
            need_bytes=need.graphics_bytes,
            free_bytes=budget.graphics_bytes - taken.graphics_bytes,
            budget_bytes=budget.graphics_bytes,
            on_graphics=True,
        )
    return EngineNoRoomError(
        need_bytes=need.memory_bytes,
        free_bytes=budget.memory_bytes - taken.memory_bytes,
        budget_bytes=budget.memory_bytes,
    )


def resident_bytes(pid: int | None) -> int:
    """Memory of a process; 0 where it is gone. Source: proc_pid_statm(5)."""
    if pid is None:
        return 0
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * _PAGE_BYTES


_PAGE_BYTES = 4096

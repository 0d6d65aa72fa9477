"""Models in memory: loaded on demand, held while they serve, let go when idle or for others, refused with numbers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.engine.desk import Desk
from assistant.engine.errors import EngineBrokenError, EngineNoRoomError, EngineUnavailableError, EngineUnfitError
from assistant.engine.keeper import Keeper, Plan
from assistant.engine.leases import Leases
from assistant.engine.memory import Amount, Busy, Leave, Resident, TooLarge, room_for
from assistant.engine.watch import Patience
from tests.fakes import FakeClock

NEEDS = {"small": 1, "middle": 2, "large": 4, "huge": 9, "broken": 1, "slow": 1}
BUDGET = 4


class FakeServer:
    """A server that serves at once, never, or only breaks."""

    pid: int | None = None

    def __init__(self, plan: Plan, alive: set[str]) -> None:
        self._name = plan.name
        self._alive = alive

    async def run(self, on_ready: Callable[[], None]) -> None:
        self._alive.add(self._name)
        try:
            if self._name == "broken":
                raise EngineBrokenError(4)
            if self._name != "slow":
                on_ready()
            await asyncio.Event().wait()
        finally:
            self._alive.discard(self._name)


class House:
    """A keeper over such servers."""

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self.clock = FakeClock()
        self.keeper = Keeper(
            planned=self.plan,
            started=lambda plan: FakeServer(plan, self.alive),
            budget_bytes=BUDGET,
            idle_seconds=60,
            clock=self.clock,
        )

    def plan(self, name: str) -> Plan:
        if name not in NEEDS:
            raise EngineUnfitError(name)
        return Plan(
            name=name,
            socket=Path("/run") / name,
            command=(name,),
            context_tokens=100,
            slots=1,
            need_bytes=NEEDS[name],
        )

    async def used(self, name: str) -> None:
        self.clock.advance(seconds=1)
        async with self.keeper.held(name):
            pass


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    made.keeper.sweep_seconds = 0.01
    running = asyncio.create_task(made.keeper.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not made.alive


def resident(name: str, *, holders: int = 0, idle_since: float = 0) -> Resident:
    return Resident(name=name, need=Amount(memory_bytes=NEEDS[name]), holders=holders, idle_since=idle_since)


def of(memory_bytes: int, graphics_bytes: int = 0) -> Amount:
    return Amount(memory_bytes=memory_bytes, graphics_bytes=graphics_bytes)


def test_who_was_idle_longest_leaves_first_and_no_more_than_needed() -> None:
    here = [resident("middle", idle_since=5), resident("small", idle_since=9), resident("slow", idle_since=1)]

    assert room_for(of(1), here, of(5)) == Leave(names=())
    assert room_for(of(1), here, of(4)) == Leave(names=("slow",))
    assert room_for(of(3), here, of(4)) == Leave(names=("slow", "middle"))


def test_who_serves_does_not_leave() -> None:
    here = [resident("middle", holders=1), resident("small", holders=1)]

    assert room_for(of(2), here, of(4)) == Busy(names=("middle", "small"))
    assert room_for(of(5), here, of(4)) == TooLarge(need=of(5), budget=of(4))


def test_only_who_lies_in_the_memory_that_lacks_makes_room() -> None:
    on_card = Resident(name="on the card", need=of(1, 6), holders=0, idle_since=9)
    in_memory = Resident(name="in memory", need=of(6), holders=0, idle_since=1)

    assert room_for(of(1, 6), [on_card, in_memory], of(10, 8)) == Leave(names=("on the card",))
    assert room_for(of(6), [on_card, in_memory], of(10, 8)) == Leave(names=("in memory",))
    assert room_for(of(1, 9), [], of(10, 8)) == TooLarge(need=of(1, 9), budget=of(10, 8))


async def test_a_model_is_loaded_when_it_is_wished_for_and_stays_for_the_next(house: House) -> None:
    async with house.keeper.held("middle") as plan:
        assert plan.need_bytes == 2
        assert house.keeper.kept()[0].holders == 1

    assert house.alive == {"middle"}
    assert house.keeper.kept()[0].holders == 0


async def test_another_model_takes_the_place_of_who_was_idle_longest(house: House) -> None:
    await house.used("middle")
    await house.used("small")
    await house.used("middle")

    await house.used("large")

    assert house.alive == {"large"}


async def test_a_model_that_never_fits_is_refused_with_the_numbers(house: House) -> None:
    await house.used("middle")

    with pytest.raises(EngineNoRoomError, match="Choose a smaller model") as refused:
        await house.used("huge")

    assert (refused.value.need_bytes, refused.value.budget_bytes) == (9, BUDGET)
    assert house.alive == {"middle"}


async def test_who_finds_all_room_taken_waits_and_is_then_refused(house: House) -> None:
    house.keeper.busy_seconds = 0.0
    async with house.keeper.held("middle"):
        with pytest.raises(EngineNoRoomError, match="Others are answering now") as refused:
            await house.used("large")

    assert refused.value.free_bytes == BUDGET - NEEDS["middle"]


async def test_who_waits_for_room_gets_it_when_the_other_is_done(house: House) -> None:
    async with house.keeper.held("middle"):
        waiting = asyncio.create_task(house.used("large"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting

    assert house.alive == {"large"}


async def test_what_nobody_uses_leaves_memory(house: House) -> None:
    await house.used("small")
    async with house.keeper.held("middle"):
        house.clock.advance(seconds=61)
        while "small" in house.alive:
            await asyncio.sleep(0.01)

        assert house.alive == {"middle"}


async def test_a_model_that_cannot_be_loaded_costs_only_who_asked(house: House) -> None:
    async with house.keeper.held("small"):
        with pytest.raises(EngineUnfitError, match="could not load this model"):
            await house.used("broken")

        assert house.alive == {"small"}


async def test_a_model_in_use_is_not_unloaded(house: House) -> None:
    async with house.keeper.held("small"):
        assert not await house.keeper.unload("small")
    assert await house.keeper.unload("small")
    assert not house.alive


@asynccontextmanager
async def served(house: House, folder: Path) -> AsyncIterator[Leases]:
    desk = Desk(house.keeper, socket=folder / "desk.sock", told=lambda: {"measured": None})
    running = asyncio.create_task(desk.run())
    while not (folder / "desk.sock").exists():
        await asyncio.sleep(0.01)
    leases = Leases(desk=folder / "desk.sock", key="key", patience=Patience())
    yield leases
    await leases.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_lease_lasts_as_long_as_its_block(house: House, tmp_path: Path) -> None:
    async with served(house, tmp_path) as leases:
        async with leases.held("middle") as lease:
            (kept,) = (await leases.told()).kept
            assert (kept.name, kept.holders, lease.context_tokens) == ("middle", 1, 100)
            assert not await leases.unload("middle")

        while (await leases.told()).kept[0].holders:
            await asyncio.sleep(0.01)
        assert await leases.state() == "ready"
        assert await leases.unload("middle")


async def test_a_look_at_a_model_loads_none_and_keeps_none_in_memory(house: House, tmp_path: Path) -> None:
    async with served(house, tmp_path) as leases:
        with pytest.raises(EngineUnavailableError):
            async with leases.held("small", is_use=False):
                pass
        assert not house.alive
        await house.used("small")
        house.clock.advance(seconds=40)
        async with leases.held("small", is_use=False):
            assert not await leases.unload("small")
        async with asyncio.timeout(5):
            while house.keeper.kept()[0].holders:
                await asyncio.sleep(0.01)

        assert house.keeper.kept()[0].idle_seconds == 40


async def test_who_leaves_while_a_model_loads_holds_nothing(house: House, tmp_path: Path) -> None:
    async with served(house, tmp_path) as leases:
        waiting = asyncio.create_task(_asked(leases, "slow"))
        while not house.alive:
            await asyncio.sleep(0.01)
        assert await leases.state() == "starting"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

        while (await leases.told()).kept[0].holders:
            await asyncio.sleep(0.01)


async def test_refusals_come_through_as_they_were(house: House, tmp_path: Path) -> None:
    async with served(house, tmp_path) as leases:
        with pytest.raises(EngineNoRoomError) as refused:
            await _asked(leases, "huge")
        with pytest.raises(EngineUnfitError):
            await _asked(leases, "unknown")

    assert refused.value.need_bytes == 9


async def _asked(leases: Leases, name: str) -> None:
    async with leases.held(name):
        pass


async def test_an_engine_that_is_away_is_told(tmp_path: Path) -> None:
    leases = Leases(desk=tmp_path / "nobody", key="", patience=Patience())

    assert await leases.state() == "down"
    with pytest.raises(EngineUnavailableError):
        await leases.told()


async def test_nonsense_at_the_desk_is_not_answered_and_harms_nothing(house: House, tmp_path: Path) -> None:
    async with served(house, tmp_path) as leases:
        for nonsense in (b"hello\n", b"[]\n", b"{" * 100_000, b"\xff\xfe\n", b""):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "desk.sock")
            writer.write(nonsense)
            if not nonsense.endswith(b"\n"):
                writer.write_eof()
            assert await reader.read() == b""
            writer.close()

        assert (await leases.told()).budget_bytes == BUDGET


async def test_memory_that_is_lent_counts_like_a_model_and_is_free_when_the_lease_ends(house: House) -> None:
    await house.used("middle")

    async with house.keeper.passing(Plan(**{**PASSING, "name": "lent@1", "need_bytes": 3})):
        assert house.alive == {"lent@1"}

    assert not house.alive
    await house.used("large")


async def test_what_passes_is_never_shared_and_says_when_it_ends_by_itself(house: House) -> None:
    with pytest.raises(EngineUnfitError):
        async with house.keeper.passing(Plan(**{**PASSING, "name": "broken"})):
            pass

    with pytest.raises(EngineNoRoomError) as refused:
        async with house.keeper.passing(Plan(**{**PASSING, "name": "vast@1", "need_bytes": 9})):
            pass

    assert refused.value.budget_bytes == BUDGET
    assert not house.alive


PASSING: dict[str, Any] = {
    "name": "passing",
    "socket": Path("/run/passing"),
    "command": ("passing",),
    "context_tokens": 100,
    "slots": 1,
    "need_bytes": 1,
}

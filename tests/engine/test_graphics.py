"""Which graphics device computes, and what becomes of a server whose driver fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.engine.errors import EngineGraphicsError, EngineUnfitError
from assistant.engine.graphics import Card, Device, any_of, chosen, listed, told_of
from assistant.engine.keeper import Keeper, Plan, Running
from assistant.engine.on_graphics import OnGraphics, WithoutGraphics
from assistant.engine.process import EngineProcess
from tests.fakes import FakeClock

MIB = 1 << 20
LIST = """\
ggml_vulkan: some driver says something
Available devices:
  Vulkan0: Intel(R) UHD Graphics 770 (ADL-S GT1) (23890 MiB, 20000 MiB free)
  Vulkan1: AMD Radeon RX 7600 (RADV NAVI33) (8176 MiB, 8000 MiB free)
  Vulkan2: NVIDIA GeForce RTX 4090 (24564 MiB, 24000 MiB free)
  RPC0: 10.0.0.2:50052 (1 MiB, 1 MiB free)
"""


def test_the_devices_of_vulkan_are_read_and_no_others() -> None:
    devices = listed(LIST)

    assert [device.name for device in devices] == ["Vulkan0", "Vulkan1", "Vulkan2"]
    assert devices[1].description == "AMD Radeon RX 7600 (RADV NAVI33)"
    assert (devices[1].total_bytes, devices[1].free_bytes) == (8176 * MIB, 8000 * MIB)
    assert listed("Available devices:\n  (none)\n") == ()


@pytest.mark.parametrize(
    ("card", "name"),
    [
        (Card(maker="AMD", memory_bytes=8176 * MIB, shared=False), "Vulkan1"),
        (Card(maker="NVIDIA", memory_bytes=None, shared=False), "Vulkan2"),
        (Card(maker="Intel", memory_bytes=None, shared=True), "Vulkan0"),
    ],
)
def test_the_device_that_computes_is_the_card_that_the_profile_chose(card: Card, name: str) -> None:
    found = chosen(listed(LIST), [card])

    assert found is not None
    assert (found.device.name, found.shared) == (name, card.shared)


def test_a_device_that_the_profile_refused_computes_only_where_any_is_wished_for() -> None:
    refused = listed(LIST)[:1]
    card = Card(maker="NVIDIA", memory_bytes=None, shared=False)

    assert chosen(refused, [card]) is None
    assert chosen(refused, []) is None
    found = any_of(refused, [card])
    assert found is not None
    assert (found.device.name, found.shared) == ("Vulkan0", True)
    assert any_of([], [card]) is None


def test_the_next_card_computes_where_the_first_has_no_driver() -> None:
    cards = [
        Card(maker="NVIDIA", memory_bytes=None, shared=False),
        Card(maker="AMD", memory_bytes=8176 * MIB, shared=False),
    ]
    found = chosen(listed(LIST)[:2], cards)

    assert found is not None
    assert found.device.name == "Vulkan1"


def test_of_two_devices_of_a_maker_the_one_with_the_cards_memory_computes() -> None:
    own = Device(name="Vulkan0", description="AMD Radeon Graphics", total_bytes=15000 * MIB, free_bytes=1)
    card = Device(name="Vulkan1", description="AMD Radeon RX 7600", total_bytes=8176 * MIB, free_bytes=1)

    found = chosen([own, card], [Card(maker="AMD", memory_bytes=8192 * MIB, shared=False)])

    assert found is not None
    assert found.device == card


def test_models_get_no_more_of_a_card_than_is_free() -> None:
    busy = Device(name="Vulkan0", description="a card", total_bytes=8000, free_bytes=3000)
    idle = Device(name="Vulkan0", description="a card", total_bytes=8000, free_bytes=8000)

    assert busy.room_bytes == 3000
    assert 7000 < idle.room_bytes < 8000


def test_what_the_engine_says_of_its_graphics_is_understood() -> None:
    told = told_of({"sentence": "It computes.", "device": "a card", "memory_bytes": 5, "shared": True})

    assert told is not None
    assert (told.sentence, told.device, told.memory_bytes, told.shared) == ("It computes.", "a card", 5, True)
    assert told_of(None) is None


class Sleeper(EngineProcess):
    """Supervises a shell in place of a server, in a hurry; it serves at once where it lives."""

    poll_seconds = 0.01
    first_pause_seconds = 0.01
    check_seconds = 0.02
    stop_seconds = 1.0


def sleeper(folder: Path, script: str) -> Sleeper:
    mark = folder / "alive"

    async def state() -> str:
        return "ready" if mark.exists() else "starting"

    return Sleeper(command=["/bin/sh", "-c", script], socket=folder / "e.sock", state=state)  # type: ignore[arg-type]


@pytest.mark.timeout(60)
async def test_a_driver_that_breaks_off_twice_is_not_tried_again(tmp_path: Path) -> None:
    failed: list[str] = []
    process = sleeper(tmp_path, "kill -SEGV $$")
    running = OnGraphics(process, served=lambda: None, failed=lambda: failed.append("failed"))

    with pytest.raises(EngineGraphicsError):
        await running.run(lambda: None)

    assert process.starts == 2
    assert failed == ["failed"]


@pytest.mark.timeout(60)
async def test_a_driver_that_stands_still_is_not_waited_for(tmp_path: Path) -> None:
    process = sleeper(tmp_path, "exec sleep 1000")
    process.start_seconds = 0.2
    running = OnGraphics(process, served=lambda: None, failed=lambda: None)

    with pytest.raises(EngineGraphicsError):
        await running.run(lambda: None)

    assert (process.pid, process.starts) == (None, 1)


@pytest.mark.timeout(60)
async def test_a_driver_that_dies_again_and_again_as_it_serves_is_given_up(tmp_path: Path) -> None:
    process = sleeper(tmp_path, f"touch {tmp_path / 'alive'}; exec sleep 0.2")
    served: list[str] = []
    running = OnGraphics(process, served=lambda: served.append("served"), failed=lambda: None)

    with pytest.raises(EngineGraphicsError):
        await running.run(lambda: None)

    assert len(served) == OnGraphics.most_deaths


class Fails:
    """A server that does not live on the graphics, or nowhere."""

    pid: int | None = None

    def __init__(self, plan: Plan, without: set[str]) -> None:
        self._plan = plan
        self._without = without

    async def run(self, on_ready: Callable[[], None]) -> None:
        if self._plan.graphics_bytes:
            self._without.add(self._plan.name)
            raise EngineGraphicsError
        if self._plan.name == "damaged":
            raise EngineUnfitError(self._plan.name)
        on_ready()
        await asyncio.Event().wait()


class Box:
    """A keeper whose graphics carry nothing."""

    def __init__(self) -> None:
        self.without: set[str] = set()
        self.keeper = Keeper(
            planned=self.plan,
            started=self.start,
            budget_bytes=10,
            graphics_bytes=10,
            idle_seconds=60,
            clock=FakeClock(),
        )

    def plan(self, name: str) -> Plan:
        on_card = name not in self.without
        return Plan(
            name=name,
            socket=Path("/run") / name,
            command=(name,),
            context_tokens=100,
            slots=1,
            need_bytes=1 if on_card else 6,
            graphics_bytes=6 if on_card else 0,
        )

    def start(self, plan: Plan) -> Running:
        return Fails(plan, self.without)


async def test_a_model_that_the_graphics_do_not_carry_is_computed_by_the_processor() -> None:
    box = Box()
    async with box.keeper.held("model") as plan:
        (kept,) = box.keeper.kept()

        assert (plan.graphics_bytes, plan.need_bytes) == (0, 6)
        assert (kept.holders, kept.ready, kept.graphics_bytes) == (1, True, 0)
    assert await box.keeper.unload("model")


@pytest.mark.timeout(60)
async def test_a_model_that_neither_carries_is_refused_once() -> None:
    box = Box()
    with pytest.raises(EngineUnfitError):
        async with box.keeper.held("damaged"):
            pass

    assert box.keeper.kept() == []


@pytest.mark.timeout(60)
async def test_that_the_processor_carries_a_model_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    process = sleeper(tmp_path, f"touch {tmp_path / 'alive'}; exec sleep 60")
    ready = asyncio.Event()
    running = asyncio.create_task(WithoutGraphics(process, served=lambda: told.append("served")).run(ready.set))
    await ready.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert told == ["served"]

"""The line in front of the engine is bounded and fair between people."""

import asyncio

import pytest

from assistant.errors import QueueFullError
from assistant.generation.queue import FairQueue, QueueSettings
from tests.fakes import FakeClock


class Crowd:
    """People who wait, and the order in which they were served."""

    def __init__(self, **limits: int) -> None:
        self.queue = FairQueue(QueueSettings(**limits), clock=FakeClock())
        self.served: list[str] = []
        self.leave: dict[str, asyncio.Event] = {}

    async def come(self, name: str, model: str = "", limit: int = 0) -> "asyncio.Task[None]":
        """`name` is the person's letter and a number, such as `a1`."""
        self.leave[name] = asyncio.Event()
        task = asyncio.create_task(self._stay(name, model, limit))
        await asyncio.sleep(0)
        return task

    async def go(self, name: str) -> None:
        self.leave[name].set()
        for _ in range(5):
            await asyncio.sleep(0)

    async def _stay(self, name: str, model: str, limit: int) -> None:
        async with self.queue.turn(name[0], model=model, limit=limit):
            self.served.append(name)
            await self.leave[name].wait()


async def test_a_person_with_one_question_does_not_wait_for_all_of_anothers() -> None:
    crowd = Crowd(slots=1)
    for name in ("a1", "a2", "a3", "a4", "b1"):
        await crowd.come(name)

    for name in ("a1", "a2", "b1", "a3", "a4"):
        await crowd.go(name)

    assert crowd.served == ["a1", "a2", "b1", "a3", "a4"]


async def test_a_free_slot_goes_to_whoever_has_fewest_running() -> None:
    crowd = Crowd(slots=2)
    for name in ("a1", "a2", "a3", "b1"):
        await crowd.come(name)

    await crowd.go("a1")

    assert crowd.served == ["a1", "a2", "b1"]


async def test_a_model_with_fewer_places_than_the_pc_is_fair_between_people_all_the_same() -> None:
    crowd = Crowd(slots=4)
    for name in ("a1", "a2", "a3", "b1"):
        await crowd.come(name, "large", 1)

    for name in ("a1", "a2", "b1"):
        await crowd.go(name)

    assert crowd.served == ["a1", "a2", "b1", "a3"]


async def test_who_asks_another_model_does_not_wait_for_the_one_that_is_full() -> None:
    crowd = Crowd(slots=2)
    for name in ("a1", "b1"):
        await crowd.come(name, "large", 1)

    await crowd.come("c1", "small", 2)

    assert crowd.served == ["a1", "c1"]
    await crowd.go("a1")
    assert crowd.served == ["a1", "c1", "b1"]


async def test_who_is_one_too_many_is_told_when_to_come_back() -> None:
    crowd = Crowd(slots=1, waiting_each=1, waiting_total=2)
    for name in ("a1", "a2", "b1"):
        await crowd.come(name)

    own = await crowd.come("a3")
    other = await crowd.come("c1")

    with pytest.raises(QueueFullError, match="as one person may") as refused:
        await own
    with pytest.raises(QueueFullError, match="busy"):
        await other
    assert refused.value.wait_seconds >= 1
    assert (crowd.queue.running, crowd.queue.waiting) == (1, 2)


async def test_who_stops_waiting_leaves_the_line_to_the_others() -> None:
    crowd = Crowd(slots=1)
    await crowd.come("a1")
    gone = await crowd.come("b1")
    await crowd.come("c1")

    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await crowd.go("a1")

    assert crowd.served == ["a1", "c1"]


async def test_a_slot_that_comes_to_one_who_has_just_left_goes_on_to_the_next() -> None:
    crowd = Crowd(slots=1)
    await crowd.come("a1")
    gone = await crowd.come("b1")
    await crowd.come("c1")

    crowd.leave["a1"].set()
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)

    assert "c1" in crowd.served or crowd.queue.running == 1
    await crowd.go("b1")
    assert crowd.served[-1] == "c1"
    await crowd.go("c1")
    assert (crowd.queue.running, crowd.queue.waiting) == (0, 0)


async def test_work_in_the_background_waits_until_nobody_is_served() -> None:
    crowd = Crowd(slots=1)
    await crowd.come("a1")
    await crowd.come("b1")
    background = asyncio.create_task(crowd.queue.quiet(60))
    await asyncio.sleep(0)

    await crowd.go("a1")
    was_done = background.done()
    await crowd.go("b1")
    await background

    assert not was_done


async def test_work_in_the_background_does_not_wait_for_ever() -> None:
    crowd = Crowd(slots=1)
    await crowd.come("a1")

    await crowd.queue.quiet(0.01)

    assert crowd.queue.running == 1

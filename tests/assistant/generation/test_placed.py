"""A request at one place or at two: what is told of it, and that an answer is one node's alone."""

import asyncio
from collections.abc import AsyncGenerator, Set
from contextlib import aclosing

import pytest

from assistant.engine.errors import EngineInterruptedError, EngineUnavailableError
from assistant.engine.mesh import Place, Work
from assistant.engine.pieces import Piece, Stopped, Took
from assistant.engine.place import Computed
from assistant.generation.placed import placed

HERE = Place(lease="one")
STOPPED = Stopped(why="eos", word="", prompt_tokens=30, cached_tokens=10, tokens=7, prompt_seconds=0.5, seconds=0.25)


OWN = Place(lease="one", computed=Computed(node_id="own", name="this box", is_here=True, reason=""))
OTHER = Place(lease="two", computed=Computed(node_id="other", name="beta", is_here=False, reason=""))


class OneBox:
    """A mesh that sends everything here or as it was told, and remembers what it was told of the ends."""

    def __init__(self, *places: Place) -> None:
        self.places = list(places)
        self.asked: list[set[str]] = []
        self.told: list[tuple[bool, bool, Took | None]] = []

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        self.asked.append(set(without))
        return self.places.pop(0) if self.places else HERE

    def ended(
        self,
        place: Place,
        *,
        ok: bool,
        is_whole: bool,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        took: Took | None = None,
    ) -> None:
        self.told.append((ok, is_whole, took))


async def pieces(mesh: OneBox, *coming: Piece | Stopped | Exception) -> None:
    async def here(_is_patient: bool) -> AsyncGenerator[Piece | Stopped, None]:
        for one in coming:
            if isinstance(one, Exception):
                raise one
            yield one

    def there(_place: Place) -> AsyncGenerator[Piece | Stopped, None]:
        raise AssertionError

    work = Work(digest="d", prompt_tokens=30, output_tokens=7)
    async for _ in placed(mesh, work, here=here, there=there, on_place=lambda _place: None):  # type: ignore[arg-type] # what is asked of a mesh here
        pass


async def test_the_mesh_is_told_what_a_request_took_without_what_it_waited() -> None:
    mesh = OneBox()

    await pieces(mesh, Piece(text="word"), STOPPED)

    assert mesh.told == [(True, True, Took(read_tokens=20, read_seconds=0.5, written_tokens=7, written_seconds=0.25))]


async def test_of_one_that_broke_off_nothing_is_learned() -> None:
    mesh = OneBox()

    with pytest.raises(EngineInterruptedError):
        await pieces(mesh, Piece(text="word"), EngineInterruptedError())

    assert mesh.told == [(False, False, None)]


class TwoBoxes:
    """A mesh of a cold node, `slow`, and of a second one; what runs on each is the test's own."""

    def __init__(self, *, has_second: bool = True) -> None:
        self.has_second = has_second
        self.open: set[str] = set()
        self.told: dict[str, tuple[bool, bool]] = {}
        self.beside: list[str] = []

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        self.beside.append(beside)
        name = "second" if "slow" in without else "slow"
        if name == "second" and not self.has_second:
            return Place()
        self.open.add(name)
        computed = Computed(node_id=name, name=name, is_here=False, reason="")
        return Place(lease=name, computed=computed, overdue_seconds=0.02 if name == "slow" else 0.0)

    def ended(self, place: Place, *, ok: bool, is_whole: bool, **_told: object) -> None:
        assert place.lease in self.open, "a place is given back once"
        self.open.discard(place.lease)
        self.told[place.lease] = (ok, is_whole)


async def told_by(mesh: TwoBoxes, **nodes: tuple[float | Exception, ...]) -> list[str]:
    """The words; a number is a pause, after which the node says the next word."""
    places: list[str] = []
    words: list[str] = []

    async def there(place: Place) -> AsyncGenerator[str, None]:
        for number, pause in enumerate(nodes[place.lease]):
            if isinstance(pause, Exception):
                await asyncio.sleep(getattr(pause, "after_seconds", 0.0))
                raise pause
            await asyncio.sleep(pause)
            yield f"{place.lease}-{number}"

    def here(_is_patient: bool) -> AsyncGenerator[str, None]:
        raise AssertionError

    work = Work(digest="d", prompt_tokens=30, output_tokens=7)
    stream = placed(mesh, work, here=here, there=there, on_place=lambda place: places.append(place.node_id))  # type: ignore[arg-type] # what is asked of a mesh here
    try:
        async with aclosing(stream):
            async for word in stream:
                words += [word]
    finally:
        assert not mesh.open, "every place is free again"
        assert len(places) == (1 if words else 0)
    return words


async def test_a_second_node_is_asked_where_a_cold_one_is_overdue_and_the_first_word_wins() -> None:
    mesh = TwoBoxes()

    words = await told_by(mesh, slow=(5.0,), second=(0.0, 0.0))

    assert words == ["second-0", "second-1"]
    assert mesh.told == {"slow": (True, False), "second": (True, True)}
    assert mesh.beside == ["", "slow"]


async def test_the_cold_node_wins_where_its_word_comes_first_after_all() -> None:
    mesh = TwoBoxes()

    words = await told_by(mesh, slow=(0.05, 0.01, 0.01), second=(5.0,))

    assert words == ["slow-0", "slow-1", "slow-2"]
    assert mesh.told == {"slow": (True, True), "second": (True, False)}


async def test_two_words_at_one_moment_are_one_answer() -> None:
    words = await told_by(TwoBoxes(), slow=(0.03, 0.0), second=(0.01, 0.0))

    assert len({word.split("-")[0] for word in words}) == 1
    assert [word.split("-")[1] for word in words] == ["0", "1"]


@pytest.mark.parametrize("has_second", [True, False])
async def test_a_cold_node_that_is_in_time_or_alone_is_the_only_one(has_second: bool) -> None:
    mesh = TwoBoxes(has_second=has_second)

    words = await told_by(mesh, slow=(0.0 if has_second else 0.05, 0.0), second=())

    assert words == ["slow-0", "slow-1"]
    assert set(mesh.told) == {"slow"}


async def test_of_two_the_one_that_fails_costs_nothing_and_only_both_are_an_error() -> None:
    gone, late = EngineUnavailableError("gone"), EngineUnavailableError("gone too")
    late.after_seconds = 0.06  # type: ignore[attr-defined]
    mesh = TwoBoxes()

    assert await told_by(TwoBoxes(), slow=(0.06, 0.0), second=(gone,)) == ["slow-0", "slow-1"]
    with pytest.raises(EngineUnavailableError):
        await told_by(mesh, slow=(late,), second=(gone,))
    assert mesh.told == {"slow": (False, False), "second": (False, False)}


async def test_a_person_who_leaves_frees_both_places() -> None:
    mesh = TwoBoxes()
    task = asyncio.create_task(told_by(mesh, slow=(9.0,), second=(9.0,)))
    while "second" not in mesh.open:
        await asyncio.sleep(0.01)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert mesh.told == {"slow": (True, False), "second": (True, False)}


async def moved(mesh: OneBox, *ways: str) -> list[str]:
    """Where a request went of which the first tries find an engine that is away; `ways` are those that answer."""
    went: list[str] = []

    async def on(way: str) -> AsyncGenerator[str, None]:
        went.append(way)
        if way not in ways:
            raise EngineUnavailableError
        yield "word"

    def here(is_patient: bool) -> AsyncGenerator[str, None]:
        return on("here, patiently" if is_patient else "here")

    def there(_place: Place) -> AsyncGenerator[str, None]:
        return on("there")

    work = Work(digest="d", prompt_tokens=30, output_tokens=7)
    async for _ in placed(mesh, work, here=here, there=there, on_place=lambda _place: None):  # type: ignore[arg-type] # what is asked of a mesh here
        pass
    return went


async def test_what_fails_on_this_box_before_its_first_word_goes_to_another_one_at_once() -> None:
    mesh = OneBox(OWN, OTHER)

    assert await moved(mesh, "there") == ["here", "there"]
    assert mesh.asked == [set(), {"own"}]


async def test_where_no_other_can_this_box_waits_for_its_engine() -> None:
    assert await moved(OneBox(OWN, Place()), "here, patiently") == ["here", "here, patiently"]
    assert await moved(OneBox(Place()), "here, patiently") == ["here, patiently"]
    assert await moved(OneBox(OTHER, OWN), "here, patiently") == ["there", "here, patiently"]


async def test_a_request_is_moved_once() -> None:
    with pytest.raises(EngineUnavailableError):
        await moved(OneBox(OWN, OTHER, OWN))

"""A large file's vectors computed by another node: believed after a check, fenced, and done here where help ends."""

import asyncio
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from assistant.documents import Status
from assistant.embedding.helpers import HelperNode
from assistant.errors import HelpEndedError
from assistant.identifiers import HOUSEHOLD, PersonId, ShelfId
from assistant.jobs.helped import LEAST_PASSAGES, HelpedMeaning, are_credible
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Job, Kind
from assistant.jobs.state import Standing
from assistant.library import Library
from assistant.store import Database
from tests.assistant.shelves import ANNA, at_work, body, library, meanings, put
from tests.fakes import FakeClock, FakeEmbedder

ANNA_HERSELF = PersonId("anna")
LARGE = "\n\n".join(
    f"Chapter {number}. The {number} tools of the workshop hang on wall {number}. "
    + "They are oiled every spring. " * 20
    for number in range(60)
)


@dataclass
class FakeHelpers:
    """Nodes that compute as well as we do, until they are told otherwise."""

    names: Sequence[str] = ("attic",)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    before: Callable[[int], None] = lambda number: None
    """Called with the number of each batch before it is answered."""
    lie: bool = False
    batches: list[tuple[str, int]] = field(default_factory=list)

    async def who(self, model: str, without: Set[str]) -> HelperNode | None:
        return next((HelperNode(node_id=name, name=name) for name in self.names if name not in without), None)

    async def vectors(self, node: HelperNode, model: str, texts: Sequence[str]) -> NDArray[numpy.float32]:
        self.before(len(self.batches))
        self.batches.append((node.name, len(texts)))
        rows = await self.embedder.embed(texts)
        return numpy.roll(rows, 7, axis=1) if self.lie else rows

    @property
    def count(self) -> int:
        return sum(count for _, count in self.batches)


@dataclass
class House:
    """A library that may be helped."""

    library: Library
    helpers: FakeHelpers
    embedder: FakeEmbedder
    records: JobRecords

    def jobs(self) -> list[Job]:
        return self.records.of(ANNA_HERSELF)

    def count(self) -> int:
        with self.library._database.reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
        return int(count)


def house(folder: Path, helpers: FakeHelpers, *, staying: Set[ShelfId] = frozenset()) -> House:
    embedder = FakeEmbedder()

    def unheard(*_: Any) -> None:
        raise AssertionError

    def records_of(database: Database) -> JobRecords:
        return JobRecords(database, clock=FakeClock(), leave=unheard)

    def helped(database: Database) -> HelpedMeaning:
        return HelpedMeaning(
            records=records_of(database),
            helpers=helpers,
            embedder=embedder,
            may_leave=lambda shelf: shelf not in staying,
        )

    shelves = library(folder, embedder=embedder, helped=helped)
    records = records_of(shelves._database)
    with shelves._database.transaction() as connection:
        connection.execute("INSERT INTO people VALUES ('anna', 'Anna', 'anna', 'owner', 'hash', '2027-01-01')")
    return House(library=shelves, helpers=helpers, embedder=embedder, records=records)


async def learned(one: House, shelf: ShelfId = HOUSEHOLD) -> int:
    """The passages of a large file once it is ready: each has one vector, and is in the index."""
    async with at_work(one.library):
        document = await put(one.library, "tools.txt", LARGE, shelf)
        assert document.status is Status.READY
        numbers = one.library._passages.numbers_of(document.id)
        assert one.count() == len(numbers) >= LEAST_PASSAGES
        if shelf == HOUSEHOLD:
            assert meanings(one.library) == set(numbers)
        with one.library._database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM background_jobs WHERE ended_at IS NULL").fetchone()[0] == 0
    return len(numbers)


async def test_an_idle_node_and_this_box_compute_the_meaning_of_a_large_file_together(tmp_path: Path) -> None:
    one = house(tmp_path, FakeHelpers())

    passages = await learned(one)

    samples = len(one.helpers.batches)  # one of each batch is checked
    assert 0 < one.helpers.count < passages
    assert one.helpers.count + len(one.embedder.embedded) - samples == passages  # and none is done twice
    with one.library._database.reading() as connection:
        counted = [tuple(row) for row in connection.execute("SELECT done, total FROM background_jobs")]
    assert counted == [(passages, passages)]


async def test_a_shelf_that_stays_here_is_never_sent_away(tmp_path: Path) -> None:
    one = house(tmp_path, FakeHelpers(), staying={ANNA})

    await learned(one, ANNA)

    assert one.helpers.batches == []


async def test_a_small_file_is_not_worth_the_way(tmp_path: Path) -> None:
    one = house(tmp_path, FakeHelpers())
    async with at_work(one.library):
        assert (await put(one.library, "note.txt", "The treasure lies under the tree.")).status is Status.READY

    assert one.helpers.batches == []


async def test_a_node_that_dies_is_followed_by_another_and_then_by_this_box(tmp_path: Path) -> None:
    helpers = FakeHelpers(names=("attic", "cellar"))

    def die(number: int) -> None:
        if number in {1, 2}:
            helpers.names = helpers.names[1:]
            helpers.batches.append(("nobody", 0))
            raise HelpEndedError("It stopped helping.")

    helpers.before = die
    one = house(tmp_path, helpers)

    passages = await learned(one)

    assert {name for name, _ in helpers.batches} >= {"attic", "nobody"}
    assert helpers.count <= passages


async def test_wrong_vectors_are_thrown_away_and_their_node_is_asked_no_more(tmp_path: Path) -> None:
    one = house(tmp_path, FakeHelpers(lie=True))

    passages = await learned(one)

    assert len(one.helpers.batches) == 1
    assert len(one.embedder.embedded) == passages + 1


async def test_help_that_is_cancelled_ends_between_two_batches_and_the_rest_is_done_here(tmp_path: Path) -> None:
    helpers = FakeHelpers()
    one = house(tmp_path, helpers)

    def cancel(number: int) -> None:
        if number == 1:
            with one.library._database.transaction() as connection:
                connection.execute("UPDATE background_jobs SET end_is_wished = 1 WHERE ended_at IS NULL")
            helpers.names = ()

    helpers.before = cancel

    passages = await learned(one)

    assert len(helpers.batches) == 2
    assert len(one.embedder.embedded) == passages - helpers.count + len(helpers.batches)


async def test_what_comes_after_the_lease_was_given_on_is_kept_nowhere(tmp_path: Path) -> None:
    helpers = FakeHelpers()
    one = house(tmp_path, helpers)

    def lapse(number: int) -> None:
        if number == 0:
            one.records.recover()
            helpers.names = ()

    helpers.before = lapse

    passages = await learned(one)

    assert len(helpers.batches) == 1
    assert len(one.embedder.embedded) >= passages  # what the other node brought was computed again here


async def test_a_home_that_stops_half_way_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    helpers, stopped = FakeHelpers(), asyncio.Event()
    helpers.before = lambda number: stopped.set() if number == 1 else None
    one = house(tmp_path, helpers)
    work = asyncio.create_task(one.library.run())
    await put_without_waiting(one.library)
    await stopped.wait()
    work.cancel()
    await asyncio.wait([work])
    half = one.count()
    before = helpers.count
    one.records.recover()

    async with at_work(one.library):
        while one.library.documents([HOUSEHOLD])[0].status is not Status.READY:
            await asyncio.sleep(0.01)

    numbers = one.library._passages.numbers_of(one.library.documents([HOUSEHOLD])[0].id)
    assert 0 < half < len(numbers) == one.count()
    assert helpers.count - before <= len(numbers) - half  # and this box has done the rest


async def test_a_file_that_moves_to_a_shelf_that_stays_here_is_sent_no_further(tmp_path: Path) -> None:
    helpers = FakeHelpers()
    one = house(tmp_path, helpers, staying={ANNA})

    def move(number: int) -> None:
        with one.library._database.transaction() as connection:
            connection.execute("UPDATE documents SET shelf_id = ?", (ANNA,))

    helpers.before = move
    async with at_work(one.library):
        await put_without_waiting(one.library)
        while not (moved := one.library.documents([ANNA])) or moved[0].status is not Status.READY:
            await asyncio.sleep(0.01)

    assert len(helpers.batches) == 1


async def put_without_waiting(shelves: Library) -> None:
    await shelves.add(name="tools.txt", shelf=HOUSEHOLD, body=body(f"{LARGE}\n\n{LARGE.replace('Chapter', 'Part')}"))


def test_only_unit_vectors_of_our_size_that_equal_ours_are_credible() -> None:
    own = numpy.zeros(4, dtype=numpy.float32)
    own[0] = 1
    good = numpy.eye(4, dtype=numpy.float32)[[0, 1]]

    assert are_credible(good, own, 0)
    assert not are_credible(good, own, 1)
    assert not are_credible(good[:, :3], own, 0)
    assert not are_credible(good * 2, own, 0)
    assert not are_credible(numpy.where(good == 0, numpy.nan, good), own, 0)


def test_a_job_of_a_file_that_is_gone_is_not_begun(tmp_path: Path) -> None:
    one = house(tmp_path, FakeHelpers())

    assert one.records.begin_meaning("gone", worker="attic", total=3) is None  # type: ignore[arg-type]
    assert one.records.claim(Kind.ANSWER, worker="attic") is None
    assert Standing.WAITING not in {job.state.standing for job in one.jobs()}

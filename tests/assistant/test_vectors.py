from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

from assistant.identifiers import HOUSEHOLD
from assistant.vectors import VectorIndex, Vectors
from tests.assistant.shelves import ANNA, BEN


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    made = VectorIndex(tmp_path / "vectors")
    made.open()
    yield made
    made.close()


def pointing(*directions: int) -> Vectors:
    return numpy.eye(8, dtype=numpy.float32)[list(directions)]


def test_the_nearest_passage_comes_first_with_its_cosine(index: VectorIndex) -> None:
    index.add(HOUSEHOLD, [10, 11], pointing(0, 1))

    hits = index.search(pointing(1)[0], [HOUSEHOLD], 5)

    assert [hit.passage for hit in hits] == [11, 10]
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)


def test_a_search_sees_only_the_shelves_that_it_names(index: VectorIndex) -> None:
    index.add(ANNA, [1], pointing(0))
    index.add(HOUSEHOLD, [2], pointing(1))

    assert [hit.passage for hit in index.search(pointing(0)[0], [HOUSEHOLD, BEN], 5)] == [2]
    assert [hit.passage for hit in index.search(pointing(0)[0], [ANNA, HOUSEHOLD], 5)] == [1, 2]


def test_removed_passages_are_gone_and_others_stay(index: VectorIndex) -> None:
    index.add(HOUSEHOLD, [1, 2], pointing(0, 1))

    index.remove(HOUSEHOLD, [1, 99])

    assert index.passages(HOUSEHOLD) == {2}


def test_shelves_that_nobody_has_any_more_are_removed(index: VectorIndex) -> None:
    index.add(HOUSEHOLD, [1], pointing(0))
    index.add(BEN, [2], pointing(0))

    assert index.strangers([HOUSEHOLD, ANNA]) == 1
    assert index.passages(BEN) == set()
    assert index.passages(HOUSEHOLD) == {1}

"""Neighbours on a page that were both found become one passage."""

import pytest

from assistant.documents import Passage
from assistant.identifiers import DocumentId
from assistant.neighbours import RUN_BYTES, runs


def passage(start: int, end: int, page: int = 1, document: str = "boiler", letter: str = "x") -> Passage:
    return Passage(
        document_id=DocumentId(document),
        file=f"{document}.pdf",
        page=page,
        start=start,
        end=end,
        text=letter * (end - start),
        heading="",
        score=0.0,
    )


def test_neighbours_that_are_nearly_as_good_are_one_and_stand_as_on_the_page() -> None:
    passages = {1: passage(0, 300), 2: passage(301, 600), 3: passage(0, 300, document="bike")}

    assert runs([2, 3, 1], passages, {2: 1.0, 3: 0.9, 1: 0.7}) == [[1, 2], [3]]


def test_a_run_grows_on_both_sides() -> None:
    passages = {1: passage(0, 300), 2: passage(301, 600), 3: passage(602, 900)}

    assert runs([2, 1, 3], passages, {2: 1.0, 1: 0.9, 3: 0.9}) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("other", "score"),
    [
        (passage(301, 600), 0.5),
        (passage(301, 600, page=2), 0.9),
        (passage(301, 600, document="bike"), 0.9),
        (passage(320, 600), 0.9),
        (passage(301, 301 + RUN_BYTES), 0.9),
    ],
    ids=["much worse", "another page", "another file", "not touching", "too long together"],
)
def test_others_stay_alone(other: Passage, score: float) -> None:
    assert runs([1, 2], {1: passage(0, 300), 2: other}, {1: 1.0, 2: score}) == [[1], [2]]


def test_letters_that_cost_a_model_more_fill_a_run_sooner() -> None:
    passages = {1: passage(0, 300, letter="水"), 2: passage(301, 600, letter="水")}

    assert runs([1, 2], passages, {1: 1.0, 2: 0.9}) == [[1], [2]]

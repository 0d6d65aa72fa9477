"""Markers are understood however the engine cuts its text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.markers import Marker, MarkerReader, Words

TEXTS = st.lists(
    st.sampled_from(["[", "]", "1", "2", "9", "12", ",", " ", "[1]", "[2, 9]", "[77]", "word", ".", "é", "\n"]),
    max_size=30,
).map("".join)
MARKER = re.compile(r"\[\d{1,2}(?:, ?\d{1,2})*\]")


def read(pieces: list[str], passages: int = 3) -> list[Words | Marker]:
    reader = MarkerReader(passages=passages)
    parts = [part for piece in pieces for part in reader.feed(piece)]
    return [*parts, *reader.finish()]


def shown(parts: list[Words | Marker]) -> str:
    return "".join(part.text for part in parts)


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def test_a_marker_that_is_split_over_pieces_is_one_marker() -> None:
    parts = read(["It is blue [", "2", "]."])

    assert Marker(number=2) in parts
    assert shown(parts) == "It is blue [2]."


def test_a_list_of_markers_names_each_passage() -> None:
    assert shown(read(["Both say so [1, 3]."])) == "Both say so [1][3]."


def test_a_marker_of_no_passage_is_removed_with_the_space_before_it() -> None:
    assert shown(read(["It is blue [9]. It is", " [0] red [4,5]."])) == "It is blue. It is red."


def test_of_a_list_the_passages_that_exist_stay() -> None:
    assert shown(read(["It is blue [1, 9]."])) == "It is blue [1]."


def test_removing_a_marker_makes_no_new_one() -> None:
    assert not MARKER.search(shown(read(["[[9]1] [1,[9] 2]"])))


@pytest.mark.parametrize("text", ["a [note] b", "x[i] = [1.5]", "[12", "[", "a [100] b", "[]"])
def test_other_brackets_stay_as_they_are(text: str) -> None:
    assert shown(read([text])) == text


def test_words_are_shown_before_the_answer_ends() -> None:
    assert MarkerReader(passages=1).feed("It is blue") == [Words(text="It is blue")]


def test_an_endless_bracket_is_not_held_back() -> None:
    reader = MarkerReader(passages=1)

    given_out = sum(len(part.text) for part in reader.feed("[" + "1, " * 10_000))

    assert given_out > 29_000


@given(TEXTS, st.lists(st.integers(min_value=0), max_size=12))
def test_how_the_text_is_cut_makes_no_difference(text: str, places: list[int]) -> None:
    whole, pieces = read([text]), read(cut(text, places))

    assert shown(whole) == shown(pieces)
    assert [part for part in whole if isinstance(part, Marker)] == [part for part in pieces if isinstance(part, Marker)]


@given(TEXTS, st.lists(st.integers(min_value=0), max_size=12), st.integers(min_value=0, max_value=5))
def test_every_marker_that_is_shown_names_a_passage(text: str, places: list[int], passages: int) -> None:
    parts = read(cut(text, places), passages)

    named = [f"[{part.number}]" for part in parts if isinstance(part, Marker)]
    assert MARKER.findall(shown(parts)) == named
    assert all(1 <= part.number <= passages for part in parts if isinstance(part, Marker))


@given(st.text(st.characters(exclude_characters="["), max_size=80))
def test_text_without_brackets_stays_as_it_is(text: str) -> None:
    assert shown(read(list(text))) == text

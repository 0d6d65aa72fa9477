"""Sentences are found in prose, lists and tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sentences import sentences


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It is blue. It was red!  Why?", ["It is blue.", "It was red!", "Why?"]),
        ("It should show 1.5 bar at 7.30 o'clock.", ["It should show 1.5 bar at 7.30 o'clock."]),
        ("Ask Mrs. Okafor or Dr. Brandt.", ["Ask Mrs. Okafor or Dr. Brandt."]),
        ("1. Open the window.\n2. Leave the house.", ["1. Open the window.", "2. Leave the house."]),
        ("never more than 55\n°C, as hotter\nwater does harm", ["never more than 55\n°C, as hotter\nwater does harm"]),
        (
            "E04 Pressure too low\nE07 Drain frozen, not\nboiling",
            ["E04 Pressure too low", "E07 Drain frozen, not\nboiling"],
        ),
        ("| Paper | blue |\n| Glass | white |", ["| Paper | blue |", "| Glass | white |"]),
        ("# Bins\n\nPut them out.", ["# Bins", "Put them out."]),
        ("He said “It is blue.” Then he left.", ["He said “It is blue.”", "Then he left."]),
        ("那是蓝色的。这是红色的。", ["那是蓝色的。", "这是红色的。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_parted_where_a_reader_would_part_it(text: str, parts: list[str]) -> None:
    assert texts(text) == parts


@given(st.text(st.sampled_from("Aa1 .!?\n-|,“”。"), max_size=60))
def test_sentences_are_in_order_and_leave_out_nothing_but_space(text: str) -> None:
    spans = sentences(text)

    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(text)]
    assert all(not text[end:start].strip() for end, start in zip(ends, starts, strict=True))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)

"""A long passage is shown around the words that matter."""

from hypothesis import given
from hypothesis import strategies as st

from webui.excerpt import LONGEST, excerpt

LINES = [f"{number}. Turn the valve a quarter and wait until the gauge stands still." for number in range(40)]
LONG = "\n".join(LINES)


def test_a_short_passage_is_shown_whole() -> None:
    assert excerpt("It should show 1.5 bar.", 3, 9).words == "It should show 1.5 bar."


def test_a_long_passage_is_cut_at_borders_and_says_so() -> None:
    start = LONG.index(LINES[20])

    shown = excerpt(LONG, start, start + len(LINES[20]))

    assert shown.words[shown.start : shown.end] == LINES[20]
    assert shown.words.startswith("… 18. Turn")
    assert shown.words.endswith("stands still. …")
    assert len(shown.words) <= LONGEST + 4


def test_where_nothing_stands_out_all_is_shown() -> None:
    assert excerpt(LONG, 0, 0).words == LONG


@given(st.text(alphabet="ab. \n", max_size=3000), st.integers(0, 3000), st.integers(0, 3000))
def test_the_words_that_matter_are_always_there(words: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(words)), min(other, len(words))))

    shown = excerpt(words, start, end)

    assert words[start:end].rstrip() in shown.words
    if start < end and not words[start:end].endswith((" ", "\n")):
        assert shown.words[shown.start : shown.end] == words[start:end]

"""A prompt fits by construction, and says what it leaves out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import QuestionTooLongError
from assistant.prompt import Turn, fitting_prompt, worded
from tests.assistant.passages import BOILER, CAT, passage
from tests.fakes import FakeTokenizer

COUNT = FakeTokenizer().render
PASSAGES = [passage(BOILER), passage(CAT), passage("The bins are blue.")]


def words(count: int) -> str:
    return " ".join(["word"] * count)


def test_the_question_stands_below_the_passages() -> None:
    prompt = fitting_prompt("What does she eat?", PASSAGES, count_tokens=COUNT, room_tokens=500, most_passages=3)

    text = prompt.messages[-1].text
    assert text.index(BOILER) < text.index(CAT) < text.index("What does she eat?")
    assert (len(prompt.passages), prompt.dropped) == (3, 0)


def test_what_does_not_fit_is_left_out_whole_and_counted() -> None:
    prompt = fitting_prompt(
        "Why?",
        [passage(words(20)), passage(words(90)), passage(words(20))],
        count_tokens=COUNT,
        room_tokens=70,
        most_passages=3,
    )

    assert [len(fitted.text.split()) for fitted in prompt.passages] == [20, 20]
    assert prompt.dropped == 1


def test_the_model_is_given_no_more_passages_than_it_can_keep_apart() -> None:
    prompt = fitting_prompt("Why?", PASSAGES, count_tokens=COUNT, room_tokens=500, most_passages=2)

    assert (len(prompt.passages), prompt.dropped) == (2, 1)


def test_a_question_that_leaves_no_room_is_refused_with_the_numbers() -> None:
    with pytest.raises(QuestionTooLongError, match=r"is \d+ tokens long.*has room for \d+"):
        fitting_prompt(words(100), PASSAGES, count_tokens=COUNT, room_tokens=100, most_passages=3)


def test_earlier_turns_come_along_latest_first_while_there_is_room() -> None:
    turns = [Turn(question=f"Question {number}?", answer=words(20)) for number in (1, 2, 3)]

    prompt = fitting_prompt("And then?", PASSAGES[2:], turns, count_tokens=COUNT, room_tokens=80, most_passages=1)

    said = [message.text for message in prompt.messages]
    assert "Question 3?" in said
    assert "Question 1?" not in said
    assert prompt.messages[-1] == worded("And then?", PASSAGES[2:])[-1]


@given(
    st.integers(1, 60),
    st.lists(st.integers(1, 80), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=4),
    st.integers(0, 250),
    st.integers(1, 6),
)
def test_a_prompt_never_exceeds_its_room_and_never_cuts(
    question: int, lengths: list[int], turns: list[tuple[int, int]], room_tokens: int, most_passages: int
) -> None:
    found = [passage(words(length)) for length in lengths]
    said = [Turn(question=words(asked), answer=words(answered)) for asked, answered in turns]
    try:
        prompt = fitting_prompt(
            words(question), found, said, count_tokens=COUNT, room_tokens=room_tokens, most_passages=most_passages
        )
    except QuestionTooLongError:
        assert COUNT(worded(words(question), found[:1])) > room_tokens
        return

    assert prompt.tokens == COUNT(prompt.messages) <= room_tokens
    assert prompt.passages
    assert set(map(id, prompt.passages)) <= set(map(id, found))
    assert len(prompt.passages) + prompt.dropped == len(found)
    assert len(prompt.messages) % 2 == 1


def test_numbered_passages_can_be_named_by_their_numbers() -> None:
    (message,) = worded("Why?", PASSAGES[:2], numbered=True)

    assert f"[1] {BOILER}" in message.text
    assert f"[2] {CAT}" in message.text


def test_a_passage_that_is_much_worse_than_the_best_is_not_read() -> None:
    found = [passage(BOILER), replace(passage(CAT), score=0.7), replace(passage("Bins."), score=0.5)]

    prompt = fitting_prompt("Why?", found, count_tokens=COUNT, room_tokens=500, most_passages=3, least_score=0.6)

    assert (prompt.passages, prompt.dropped) == (tuple(found[:2]), 1)


def test_joined_passages_count_as_what_they_were_joined_from() -> None:
    joined, other = passage("word " * 250), passage("word " * 50)

    prompt = fitting_prompt("Why?", [joined, other], count_tokens=COUNT, room_tokens=5000, most_passages=1)
    both = fitting_prompt("Why?", [other, joined], count_tokens=COUNT, room_tokens=5000, most_passages=2)

    assert prompt.passages == (joined,)
    assert both.passages == (other,)

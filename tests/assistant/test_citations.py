"""A citation is the words of the page that carry the claim."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import cited, content_words, support, telling_words
from assistant.documents import Span
from tests.assistant.passages import BOILER, CAT, passage


def test_the_sentence_that_says_so_is_cited() -> None:
    citation = cited(1, passage(BOILER), "The gauge should show 1.5 bar when the radiators are cold.")

    assert citation.text == "With cold radiators it should show 1.5 bar."


def test_offsets_count_from_the_start_of_the_page() -> None:
    page = f"Water pressure\n{BOILER}"
    citation = cited(1, passage(BOILER, start=page.index(BOILER)), "Below 0.8 bar the boiler locks.")

    assert page[citation.start : citation.end] == citation.text


def test_where_no_sentence_says_so_the_one_that_fits_the_question_is_cited() -> None:
    best = Span(start=105, end=110, text=CAT[5:10])
    citation = cited(2, replace(passage(CAT, start=100), best=best), "Nonsense.")

    assert citation.text == CAT[5:10]


def test_without_any_hint_the_whole_passage_is_cited() -> None:
    assert cited(1, passage(CAT), "").text == CAT


@given(
    st.text(st.sampled_from("Ab1 .\n-é"), max_size=80),
    st.text(st.sampled_from("Ab1 ."), max_size=20),
    st.integers(0, 99),
)
def test_cited_words_always_stand_where_the_offsets_say(text: str, claim: str, start: int) -> None:
    page = "x" * start + text
    citation = cited(1, passage(text, start=start), claim)

    assert page[citation.start : citation.end] == citation.text


def test_words_are_compared_without_endings_case_and_little_words() -> None:
    assert content_words("The radiators ARE cold") == content_words("a cold radiator")


def test_amounts_and_codes_are_kept_whole_and_count_double() -> None:
    assert {"1.5", "e07", "22:00"} <= content_words("1.5 bar, E07, from 22:00")
    assert support(content_words("E07 frozen"), content_words("E07")) > 0.5


def test_words_worth_quoting_say_more_than_the_question() -> None:
    table = "| Bin | Colour |\n| Paper | blue, first Tuesday |\n| Glass | white, every Friday |"
    heading = Span(start=0, end=16, text="| Bin | Colour |")

    quoted = telling_words(replace(passage(table), best=heading), "What colour is the paper bin?")

    assert quoted == "| Paper | blue, first Tuesday |"
    assert telling_words(passage("Bins"), "Which bins?") == "Bins"

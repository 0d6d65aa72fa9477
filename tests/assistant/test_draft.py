"""A growing answer shows what the files carry, with its citations, and withholds the rest."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.documents import Span
from assistant.draft import Draft
from assistant.events import Cited, Token
from tests.assistant.passages import BOILER, CAT, passage

QUESTION = "What is Miso the cat allergic to?"
BEST = Span(start=CAT.index("She"), end=len(CAT), text="She is allergic to fish.")
PASSAGES = [passage(BOILER, page=5), replace(passage(CAT, page=1, file="house.md"), best=BEST)]


def draft(question: str = QUESTION) -> Draft:
    return Draft(question, PASSAGES)


def test_a_marker_becomes_a_citation_of_the_words_that_carry_the_sentence() -> None:
    growing = draft()

    events = [event for piece in ("She is allergic to fish [", "2].") for event in growing.feed(piece)]
    events += growing.finish()

    assert growing.text == "She is allergic to fish. [2]"
    assert events[:2] == [Token(text="She is allergic to fish."), Token(text=" [2]")]
    (citation,) = [event.citation for event in events if isinstance(event, Cited)]
    assert (citation.marker, citation.file, citation.page, citation.text) == (2, "house.md", 1, BEST.text)


def test_a_sentence_without_a_marker_gets_that_of_the_passage_that_carries_it() -> None:
    growing = draft()
    growing.feed("Miso is allergic to fish.")
    growing.finish()

    assert growing.text == "Miso is allergic to fish. [2]"
    assert [citation.text for citation in growing.citations] == ["She is allergic to fish."]


def test_a_sentence_is_shown_as_soon_as_the_next_one_begins() -> None:
    growing = draft()

    assert growing.feed("She is allergic to fish.") == []
    assert growing.feed(" And")[0] == Token(text="She is allergic to fish.")


def test_what_no_passage_carries_is_withheld_and_counted() -> None:
    growing = draft()
    growing.feed("She is allergic to milk. She is allergic to fish. She likes 99 dogs.")
    growing.finish()

    assert growing.text == "She is allergic to fish. [2]"
    assert growing.withheld == 2


def test_a_model_that_has_left_the_passages_is_listened_to_no_longer() -> None:
    growing = draft()

    growing.feed("She likes 99 dogs. She is allergic to fish. She is allergic to milk. Then")
    after_one = growing.leads_nowhere
    growing.feed(" she flew to Paris. And")

    assert (after_one, growing.leads_nowhere) == (False, True)
    assert growing.text == "She is allergic to fish. [2]"


def test_where_nothing_else_can_be_shown_the_answer_is_the_found_words_themselves() -> None:
    growing = Draft(QUESTION, [PASSAGES[1]])
    growing.feed("She is allergic to milk.")
    growing.finish()

    assert growing.text == "“She is allergic to fish.” [1]"
    assert [citation.text for citation in growing.citations] == ["She is allergic to fish."]
    assert growing.withheld == 1


def test_the_same_is_said_once_and_then_nobody_listens_on() -> None:
    growing = draft()
    growing.feed("She is allergic to fish. She is allergic to fish. She is allergic to fish. She")

    assert growing.text == "She is allergic to fish. [2]"
    assert growing.leads_nowhere


def test_a_passage_that_is_named_twice_is_cited_once() -> None:
    growing = draft("What is Miso allergic to and what food does she get?")
    growing.feed("She is allergic to fish [2]. Miso gets 60 grams of dry food [2].")
    growing.finish()

    assert growing.text == "She is allergic to fish. [2] Miso gets 60 grams of dry food. [2]"
    assert [citation.marker for citation in growing.citations] == [2]


@given(
    st.lists(
        st.sampled_from(["She is ", "allergic to ", "fish", "milk", ". ", "[1]", "[2", "]", "[9]", "\n", "60 "]),
        max_size=25,
    )
)
def test_every_marker_of_an_answer_has_its_citation_and_every_answer_has_one(pieces: list[str]) -> None:
    growing = draft()
    events = [event for piece in pieces for event in growing.feed(piece)] + growing.finish()

    cited = {citation.marker for citation in growing.citations}
    assert growing.text == "".join(event.text for event in events if isinstance(event, Token))
    assert growing.citations == tuple(event.citation for event in events if isinstance(event, Cited))
    assert cited == {number for number in (1, 2) if f"[{number}]" in growing.text}
    assert cited

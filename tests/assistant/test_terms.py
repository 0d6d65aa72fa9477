from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.terms import TERMS_LIMIT, question_terms, terms


def test_words_are_reduced_to_stems_without_accents() -> None:
    assert terms("Boilers, Crème BRÛLÉE") == ["boiler", "creme", "brule"]


def test_a_question_is_its_telling_words_each_once() -> None:
    assert question_terms("What is the pressure of the pressure gauge?") == ["pressur", "gaug"]


def test_a_question_of_stop_words_alone_is_still_searched_for() -> None:
    assert question_terms("Who is it?") == ["who", "is", "it"]


def test_chinese_is_searched_in_pairs_of_characters() -> None:
    assert terms("主水阀在") == ["主水", "水阀", "阀在"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=500))
def test_any_question_becomes_a_bounded_list_of_terms(text: str) -> None:
    assert len(question_terms(text)) <= TERMS_LIMIT

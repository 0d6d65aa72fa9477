import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.stop_words import Language
from assistant.terms import TERMS_LIMIT, question_terms, terms


def test_words_are_reduced_to_stems_without_accents() -> None:
    assert terms("Boilers, Crème BRÛLÉE") == ["boiler", "creme", "brule"]


def test_a_question_is_its_telling_words_each_once() -> None:
    assert question_terms("What is the pressure of the pressure gauge?") == ["pressur", "gaug"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FY2016", ["fy2016", "2016"]),
        ("2023Q2", ["2023q2", "2023", "q2"]),
        ("2016", ["2016"]),
        ("E07", ["e07"]),
        ("part 82019x", ["part", "82019x"]),
    ],
)
def test_a_year_inside_a_word_is_found_by_itself_too(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_a_question_of_stop_words_alone_is_still_searched_for() -> None:
    assert question_terms("Who is it?") == ["who", "is", "it"]


def test_chinese_is_searched_in_pairs_of_characters() -> None:
    assert terms("主水阀在") == ["主水", "水阀", "阀在"]


@pytest.mark.parametrize(
    ("asked", "written", "language"),
    [
        ("Wie viele Häuser hat die Straße?", "Das Haus in der Strasse", Language.GERMAN),
        ("¿Cuántas llaves hay?", "La llave azul", Language.SPANISH),
        ("Где находятся краны?", "Главный кран закрыт", Language.RUSSIAN),
        ("أين المفاتيح؟", "مفاتيح البيت", Language.ARABIC),
        ("Πού είναι τα κλειδιά;", "Το κλειδί του σπιτιού", Language.GREEK),
    ],
)
def test_a_question_meets_other_forms_of_its_words_in_its_own_language(
    asked: str, written: str, language: Language
) -> None:
    assert set(question_terms(asked, language)) & set(terms(written, language))


def test_asking_words_in_a_script_without_spaces_are_not_searched_for() -> None:
    assert question_terms("主水阀在哪里？", Language.CHINESE) == ["主水", "水阀", "阀在"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=500), st.sampled_from(Language))
def test_any_question_in_any_language_becomes_a_bounded_list_of_terms(text: str, language: Language) -> None:
    assert len(question_terms(text, language)) <= TERMS_LIMIT

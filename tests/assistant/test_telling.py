"""How well sentences answer: by words and words like them, and by whether they say what was found or sought."""

import pytest

from assistant.telling import Sentence, held, merits
from assistant.terms import terms

WEIGHTS = {"boiler": 1.0, "pressur": 3.0}


def sentence(text: str, *, meaning: float = 0.0, **nearest: float) -> Sentence:
    return Sentence(text=text, terms=frozenset(terms(text)), nearest=nearest, meaning=meaning)


def best(*text: Sentence) -> str:
    scores = merits(text, WEIGHTS)
    return text[scores.index(max(scores))].text


def test_words_that_are_like_those_of_the_question_count_in_part() -> None:
    assert held(sentence("The boiler is loud."), WEIGHTS) == 0.25
    assert held(sentence("The boiler shows 1.5 bar.", pressur=0.3), WEIGHTS) == 0.25
    assert held(sentence("The boiler shows 1.5 bar.", pressur=0.65), WEIGHTS) == pytest.approx(0.25 + 0.75 * 0.5)
    assert held(sentence("Anything."), {}) == 0.0


def test_a_question_is_no_answer_to_itself() -> None:
    asked = sentence("Which pressure should the boiler have?")
    sought = sentence("We wanted to determine whether the boiler has the right pressure.")
    answer = sentence("The pressure of a boiler is 1.5 bar.")

    assert best(asked, sought, answer) == answer.text


def test_what_a_report_found_stands_after_what_it_did() -> None:
    done = sentence("The boiler was put under pressure.")
    found = sentence("Our results suggest that the boiler holds that pressure.")
    concluded = sentence("In conclusion, a boiler bears such pressure.")

    assert best(done, found, concluded) == concluded.text


def test_elsewhere_the_first_of_equal_sentences_is_taken() -> None:
    first, second = sentence("The boiler has pressure."), sentence("A boiler has pressure.")

    assert best(first, second) == first.text


def test_meaning_tells_apart_what_the_words_do_not() -> None:
    first, second = sentence("The boiler has pressure.", meaning=0.2), sentence("A boiler has pressure.", meaning=0.5)

    assert best(first, second) == second.text


def test_a_scrap_of_a_table_answers_nothing() -> None:
    assert best(sentence("pressure"), sentence("The pressure of the machine is 1.5 bar.")).startswith("The pressure")

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.ranking import best_sentence, blended, by_codes, by_names, by_pages, coverage, term_weights
from tests.assistant.passages import passage

SCORES = st.dictionaries(st.integers(1, 9), st.floats(0.01, 30), max_size=6)
COSINES = st.dictionaries(st.integers(1, 9), st.floats(-1, 1), max_size=6)


def test_what_both_indexes_find_stands_before_what_one_finds() -> None:
    scores = blended({1: 9.0, 2: 8.0}, {2: 0.8, 3: 0.75, 1: 0.2}, understood=True)

    assert max(scores, key=lambda number: scores[number]) == 2


def test_where_the_model_knows_no_such_language_the_words_count_alone() -> None:
    scores = blended({1: 9.0, 2: 3.0}, {3: 0.9, 2: 0.8}, understood=False)

    assert scores == {1: 1.0, 2: 3.0 / 9.0}


def test_a_passage_without_a_vector_yet_keeps_its_rank_by_words() -> None:
    scores = blended({1: 9.0, 2: 3.0}, {2: 0.4}, understood=True)

    assert scores[1] > scores[2]


def test_a_passage_that_lacks_the_code_of_the_question_yields_to_one_that_has_it() -> None:
    held = {1: {"error", "code", "wrong"}, 2: {"e07", "condens", "drain"}}

    lowered = by_codes({1: 0.95, 2: 0.94}, held, ["error", "e07"])

    assert lowered[1] < lowered[2] == 0.94


def test_a_code_that_no_passage_holds_changes_nothing() -> None:
    assert by_codes({1: 0.9}, {1: {"error", "code"}}, ["error", "e99"]) == {1: 0.9}


def test_a_page_whose_passages_hold_the_question_together_stands_before_one_that_holds_half() -> None:
    pages = {1: "a, 3", 2: "b, 8", 3: "b, 8"}
    held = {1: {"income"}, 2: {"income", "statement"}, 3: {"revenue"}}

    scores = by_pages({1: 0.8, 2: 0.5, 3: 0.75}, pages, held, {"income": 1.0, "statement": 1.0, "revenue": 1.0})

    assert scores[3] > scores[1] > scores[2]


def test_who_names_a_file_gets_its_passages_first() -> None:
    names = {1: "ACME_2023_report.pdf", 2: "ACME_2016_report.pdf", 3: "bike.md"}

    scores = by_names({1: 0.9, 2: 0.8, 3: 0.85}, names, {"acme": 1.0, "2016": 2.0, "sold": 3.0})

    assert scores[2] > scores[1] > scores[3]


def test_a_question_without_words_of_names_keeps_its_order() -> None:
    assert by_names({1: 0.9, 2: 0.8}, {1: "a.md", 2: "bike.md"}, {"boiler": 2.0}) == {1: 0.9, 2: 0.8}


@given(SCORES, COSINES, st.booleans())
def test_scores_lie_between_nothing_and_one(
    words: dict[int, float], cosines: dict[int, float], understood: bool
) -> None:
    scores = blended(words, cosines, understood=understood)

    assert all(0.0 <= score <= 1.0 + 1e-9 for score in scores.values())
    assert words.keys() <= scores.keys()


def test_rare_terms_weigh_more() -> None:
    weights = term_weights({"boiler": 900, "e07": 1}, passages=1000)

    assert weights["e07"] > 3 * weights["boiler"]
    assert coverage("Code E07: condensate", weights) > 0.9
    assert coverage("The boiler", weights) < 0.1


def test_the_best_sentence_is_the_one_with_the_telling_words() -> None:
    text = "The boiler is loud. Code E07 means that the drain is frozen. Call the engineer."

    best = best_sentence(passage(text, start=100), term_weights({"boiler": 5, "e07": 1}, passages=10))

    assert best.text == "Code E07 means that the drain is frozen."
    assert (best.start, best.end) == (100 + 20, 100 + 20 + len(best.text))


def test_a_passage_without_any_of_the_words_still_has_a_best_sentence() -> None:
    assert best_sentence(passage("First of all. Then more."), {}).text == "First of all."


def test_a_heading_is_cited_only_where_it_stands_alone() -> None:
    weights = term_weights({"boiler": 1, "pressur": 1}, passages=10)
    under = replace(passage("# Boiler pressure\n\nIt should show 1.5 bar."), heading="Manual › Boiler pressure")
    alone = replace(passage("Boiler pressure"), heading="Boiler pressure")

    assert best_sentence(under, weights).text == "It should show 1.5 bar."
    assert best_sentence(alone, weights).text == "Boiler pressure"

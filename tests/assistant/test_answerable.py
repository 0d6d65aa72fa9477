from assistant.answerable import Evidence, is_answerable


def test_a_passage_with_all_of_the_questions_words_answers_it() -> None:
    assert is_answerable([Evidence(coverage=1.0, cosine=0.3)])


def test_a_passage_that_means_the_same_in_other_words_answers_it() -> None:
    assert is_answerable([Evidence(coverage=0.1, cosine=0.72)])


def test_a_little_of_both_in_one_passage_is_enough_and_in_two_it_is_not() -> None:
    assert is_answerable([Evidence(coverage=0.5, cosine=0.4)])
    assert not is_answerable([Evidence(coverage=0.5, cosine=0.1), Evidence(coverage=0.0, cosine=0.4)])


def test_without_vectors_two_in_five_of_the_words_are_asked_for() -> None:
    assert is_answerable([Evidence(coverage=0.6, cosine=None)])
    assert not is_answerable([Evidence(coverage=0.35, cosine=None)])


def test_where_nothing_was_found_there_is_no_answer() -> None:
    assert not is_answerable([])

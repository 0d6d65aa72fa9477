from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.identifiers import HOUSEHOLD, DocumentId, ShelfId
from assistant.lexical import Entry, LexicalIndex
from assistant.stop_words import Language
from assistant.terms import question_terms
from tests.assistant.shelves import ANNA


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    made = LexicalIndex(tmp_path / "lexical")
    made.rebuild("1", [])
    yield made
    made.close()


def entry(passage: int, text: str, *, title: str = "a.md", document: str = "d1", shelf: ShelfId = HOUSEHOLD) -> Entry:
    return Entry(passage=passage, document=DocumentId(document), shelf=shelf, title=title, heading="", text=text)


def found(index: LexicalIndex, question: str, *shelves: ShelfId) -> list[int]:
    return [hit.passage for hit in index.search(question_terms(question), shelves or [HOUSEHOLD], 10)]


def test_a_passage_is_found_by_another_form_of_its_word(index: LexicalIndex) -> None:
    index.add([entry(1, "The radiators were bled."), entry(2, "The garden is green.")])

    assert found(index, "radiator") == [1]


def test_each_text_is_taken_apart_in_its_own_language(index: LexicalIndex) -> None:
    index.add([entry(1, "Die Schlüssel hängen in der Küche."), entry(2, "The keys are in the hall.")])
    asked = question_terms("Wo hängt der Schlüssel?", Language.GERMAN)

    assert [hit.passage for hit in index.search(asked, [HOUSEHOLD], 10)] == [1]


def test_a_word_in_the_title_counts_more_than_one_in_the_text(index: LexicalIndex) -> None:
    index.add([entry(1, "the boiler and other things"), entry(2, "the pump and other things", title="boiler.pdf")])

    assert found(index, "boiler") == [2, 1]


def test_a_search_sees_only_the_shelves_that_it_names(index: LexicalIndex) -> None:
    index.add([entry(1, "secret diary", shelf=ANNA), entry(2, "secret recipe")])

    assert found(index, "secret", HOUSEHOLD) == [2]
    assert found(index, "secret", ANNA, HOUSEHOLD) == [1, 2]
    assert index.search(question_terms("secret"), [], 10) == []


@pytest.mark.parametrize(
    "question",
    [
        'shelf:private-anna OR "',
        "text:(diary",
        "*",
        "diary^9 AND NOT [a TO b]",
        "shelf",
        "private-anna",
        "\x00'--",
        "~~~",
    ],
)
def test_a_hostile_question_is_words_and_opens_no_other_shelf(index: LexicalIndex, question: str) -> None:
    index.add([entry(1, "diary of anna", shelf=ANNA)])

    assert found(index, question, HOUSEHOLD) == []


def test_a_hostile_shelf_is_data(index: LexicalIndex) -> None:
    index.add([entry(1, "diary of anna", shelf=ANNA)])

    assert found(index, "diary", ShelfId("household OR shelf:*")) == []


def test_replacing_a_document_leaves_none_of_its_old_passages(index: LexicalIndex) -> None:
    index.add([entry(1, "old text"), entry(2, "old text", document="d2")])

    index.replace(DocumentId("d1"), [entry(3, "new text")])

    assert found(index, "old") == [2]
    assert found(index, "new") == [3]
    assert index.count() == 2


def test_an_index_is_opened_again_only_by_the_mark_that_it_was_built_with(tmp_path: Path) -> None:
    first = LexicalIndex(tmp_path / "l")
    first.rebuild("mark", [entry(1, "kept")])
    first.close()
    second = LexicalIndex(tmp_path / "l")

    assert not second.open("another")
    assert second.open("mark")
    assert found(second, "kept") == [1]
    second.close()


def test_chinese_text_is_found_by_a_word_within_it(index: LexicalIndex) -> None:
    index.add([entry(1, "主水阀在地下室的楼梯下面。"), entry(2, "猫对鱼过敏。")])

    assert found(index, "水阀在哪里") == [1]

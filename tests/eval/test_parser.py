from pathlib import Path

import pytest

from tests import pdf
from tests.assistant.shelves import parser
from tests.eval.parser import expected_words, figures, measured


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files: one whose words are all found, one of whose words half are, one that is locked."""
    for name, content in (("txt/a.txt", b"It leaks."), ("txt/b.txt", b"one two"), ("pdf/c.pdf", pdf.locked(["x"]))):
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for name, markdown in (("a.txt", "**It** <!-- image --> [leaks](http://x.example/y)."), ("b.txt", "two three")):
        file = tmp_path / "expected" / "txt" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(markdown)
    return tmp_path


def test_the_figures_count_what_ended_and_which_words_were_found(folder: Path) -> None:
    outcomes = measured(folder, parser())

    assert figures(outcomes) == {
        "parser_files": 3,
        "parser_ended": 1.0,
        "parser_references": 2,
        "parser_word_recall": 0.75,
    }
    assert [outcome.reason for outcome in outcomes] == ["locked", "", ""]


def test_a_reader_that_dies_is_not_counted_as_ended(folder: Path) -> None:
    outcomes = measured(folder, parser(("false",)), ["txt"])

    assert figures(outcomes)["parser_ended"] == 0.0


def test_a_word_that_is_expected_twice_has_to_be_there_twice() -> None:
    assert expected_words("| a | a |\n| - | - |\n| b\\_c | &amp; |") == {"a": 2, "b": 1, "c": 1}

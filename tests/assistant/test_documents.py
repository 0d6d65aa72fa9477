import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents import NAME_LIMIT, display_name
from assistant.parser.kinds import media_type


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\tax 2025.pdf", "tax 2025.pdf"),
        ("a\x00b\nc\u202egnp.txt", "abcgnp.txt"),
        ("  two   spaces .md", "two spaces .md"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_a_files_name_is_shown_without_folders_and_tricks(given_name: str, shown: str) -> None:
    assert display_name(given_name) == shown


def test_a_long_name_keeps_its_ending() -> None:
    name = display_name("x" * 500 + ".pdf")

    assert len(name) == NAME_LIMIT
    assert name.endswith("….pdf")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_name_gets_a_separator_or_an_invisible_character_onto_the_screen(name: str) -> None:
    shown = display_name(name)

    assert 0 < len(shown) <= NAME_LIMIT
    assert not set("/\\") & set(shown)
    assert not any(unicodedata.category(character).startswith("C") for character in shown)


def test_the_media_type_follows_the_ending_in_any_case() -> None:
    assert media_type("Scan.PDF") == "application/pdf"
    assert media_type("notes.md") == "text/markdown"
    assert media_type("film.mkv") == "application/octet-stream"

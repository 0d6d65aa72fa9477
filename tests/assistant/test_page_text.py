from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.parser.page_text import page_text


def test_line_ends_spaces_and_ligatures_become_plain() -> None:
    made = page_text("Aﬃne  \tspaces \r\nnext\rline\u00ad\u200b\r\n\r\n\r\nend ")

    assert made.text == "Affine spaces\nnext\nline\n\nend"


def test_a_word_broken_over_a_line_is_joined_and_a_name_keeps_its_hyphen() -> None:
    assert page_text("instal\x02lation").text == "installation"
    assert page_text("Baden\x02Baden").text == "Baden-Baden"


@settings(max_examples=60, deadline=None)
@given(st.text(st.one_of(st.sampled_from(" \r\n\t\x02ﬁa"), st.characters()), max_size=300))
def test_every_character_knows_what_it_was_made_of(characters: str) -> None:
    made = page_text(characters)

    assert len(made.text) == len(made.sources)
    assert list(made.sources) == sorted(made.sources)
    for shown, source in zip(made.text, made.sources, strict=True):
        original = characters[source]
        assert shown in {original, " ", "\n", "-"} or (original in "ﬀﬁﬂﬃﬄﬅﬆ" and shown in "fist l")
    assert made.text == made.text.strip(" \n")

import pytest

from assistant.parser.blocks import PAGE_CHARACTERS
from assistant.parser.failure import FileFailureError
from assistant.parser.plain import decoded, plain_pages


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_of_a_text_is_found_out(encoding: str) -> None:
    assert decoded("Grüße aus Köln, 5 € bitte.".encode(encoding)) == "Grüße aus Köln, 5 € bitte."


def test_bytes_that_are_no_text_are_refused_with_a_reason() -> None:
    with pytest.raises(FileFailureError, match="holds no text"):
        decoded(bytes(range(256)) * 20)


def test_form_feeds_end_a_page_and_blank_ones_are_none() -> None:
    pages = list(plain_pages("one\f\f  \ftwo\r\nlines\f", markdown=False))

    assert [(page.number, page.text) for page in pages] == [(1, "one"), (2, "two\nlines")]


def test_a_long_text_is_parted_at_paragraphs() -> None:
    text = "\n\n".join("A paragraph of this very story. " * 20 for _ in range(20))

    pages = list(plain_pages(text, markdown=False))

    assert len(pages) > 2
    assert all(len(page.text) <= PAGE_CHARACTERS and page.text.endswith("story.") for page in pages)


def test_markdown_headings_are_found_outside_of_code() -> None:
    (page,) = plain_pages("# Top\n\n```\n# no heading\n```\n\n## Part ##\ntext", markdown=True)

    assert [(heading.text, heading.level) for heading in page.headings] == [("Top", 1), ("Part", 2)]
    assert page.text[page.headings[1].start :].startswith("## Part")


def test_plain_text_has_no_headings() -> None:
    (page,) = plain_pages("# not a heading here", markdown=False)

    assert page.headings == ()

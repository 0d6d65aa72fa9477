from hypothesis import given
from hypothesis import strategies as st

from assistant.parser.blocks import PAGE_CHARACTERS, Block, paged, tidy, under
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks

WORDS = st.lists(st.text(st.sampled_from("ab c\n."), min_size=1, max_size=3_000), max_size=6)


@given(WORDS)
def test_pages_keep_every_word_in_order(texts: list[str]) -> None:
    pages = list(paged(Block(text=text) for text in texts))

    assert "".join("".join(page.text.split()) for page in pages) == "".join("".join(text.split()) for text in texts)
    assert all(len(page.text) <= PAGE_CHARACTERS for page in pages)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=400), st.sampled_from([None, 1, 2])), max_size=20))
def test_every_heading_stands_where_it_says(blocks: list[tuple[str, int | None]]) -> None:
    for page in paged(Block(text=text, level=level) for text, level in blocks):
        for heading in page.headings:
            assert page.text[heading.start :].startswith(heading.text)


def test_a_heading_takes_its_text_along_to_the_next_page() -> None:
    blocks = [Block(text="x" * 3_000), Block(text="Next", level=2), Block(text="y" * 500)]

    assert [page.text[:4] for page in paged(blocks)] == ["xxxx", "Next"]


def test_what_nobody_sees_is_left_out() -> None:
    assert tidy("so\xadft\u200b \t blank \r\n\n\n\n line\x00\x7f\x85") == "soft blank\n\nline"


def test_a_file_inside_another_stands_under_its_name() -> None:
    pages = list(under("note.txt", [Page(number=1, text="one"), Page(number=2, text="two")]))

    assert [page.text for page in pages] == ["note.txt\n\none", "two"]


def test_a_form_is_not_taken_for_a_table_with_headers() -> None:
    rows = [["Switchboard", "", "Model 1"], ["E-123", "Data sheet", "2016"], ["", "Page 1 of 10", ""]]

    assert [block.text for block in row_blocks(rows)] == [
        "Switchboard | Model 1",
        "E-123 | Data sheet | 2016",
        "Page 1 of 10",
    ]


def test_a_gap_ends_a_table_and_its_headers() -> None:
    rows = [["Year", "Oil"], ["2019", "90"], ["", ""], ["one", "two"]]

    assert [block.text for block in row_blocks(rows)] == ["Year | Oil", "Year: 2019 | Oil: 90", "one | two"]

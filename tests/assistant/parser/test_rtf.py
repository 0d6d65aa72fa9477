from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assistant.parser.reading import in_a_process, read, reason, text

HEAD = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}"
STYLES = rb"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}}"


def test_rtf_is_read_with_its_headings() -> None:
    (page,) = read("a.rtf", HEAD + STYLES + rb"\pard\s1 Boiler\par\pard It shows \b 1.5\b0  bar.\par}")

    assert page.text == "Boiler\n\nIt shows 1.5 bar."
    assert [(heading.text, heading.level) for heading in page.headings] == [("Boiler", 2)]


def test_characters_of_other_alphabets_are_read() -> None:
    found = text("a.rtf", HEAD + rb"\uc1 caf\'e9 \u8364? \f1\'cf\'f0\'e8 \f0\u55357?\u56960?\par}")

    assert found == "café € При 🚀"


def test_rows_keep_their_cells_apart_and_carry_their_headers() -> None:
    rows = rb"\trowd Year\cell Oil\cell\row\trowd 2019\cell 90\cell\row\pard end\par}"

    assert text("a.rtf", HEAD + rows) == "Year | Oil\nYear: 2019 | Oil: 90\n\nend"


def test_footnotes_and_headers_follow_and_pictures_and_computations_are_left_out() -> None:
    body = (
        rb"{\header House rules\par}Text{\footnote It is so.}{\pict\bin6 }}{{{{\wmetafile8 01020304}"
        rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt shown}}{\*\unknown hidden}\page second\par}"
    )

    pages = read("a.rtf", HEAD + body)

    assert [page.text.split("\n\n")[0] for page in pages] == ["Textshown", "second"]
    assert pages[1].text.endswith("Footnotes\n\nIt is so.\n\nPage header\n\nHouse rules")


def test_what_is_no_rtf_says_so() -> None:
    assert reason("a.rtf", b"words") == "broken"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"\\par ", b"\\cell ", b"\\row ", b"\\bin9 ", b"\\u-3 ", b"\\*", b"\\'", b"x", b"\\footnote "]
        )
    )
)
def test_whatever_follows_the_beginning_of_an_rtf_file_is_read(parts: list[bytes]) -> None:
    assert reason("a.rtf", HEAD + b"".join(parts)) == ""


def test_a_process_of_its_own_reads_rtf(tmp_path: Path) -> None:
    pages, _reading = in_a_process(tmp_path, "a.rtf", HEAD + rb"It is 1.5 bar.}")

    assert pages[0].text == "It is 1.5 bar."

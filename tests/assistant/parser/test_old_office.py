import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.parser.compressed_rtf import decompressed
from tests import ole
from tests.assistant.parser.reading import in_a_process, noted, read, reason, text
from tests.old_office import doc, msg, ppt, xls


def test_a_word_97_document_is_read_with_headings_tables_and_footnotes() -> None:
    words = "Boiler\rIt shows 1.5 bar.\rYear\x07Ducks\x07\x072019\x07120\x07\x07The end of this long text, “quoted”.\r"

    (page,) = read("a.doc", doc(words + " " * len(words), footnotes="Checked in May.\r", headings={"Boiler": 1}))

    assert page.text.startswith("Boiler\n\nIt shows 1.5 bar.")
    assert (page.headings[0].text, page.headings[0].level) == ("Boiler", 2)
    assert "Year: 2019 | Ducks: 120" in page.text
    assert "“quoted”" in page.text
    assert page.text.endswith("Footnotes\n\nChecked in May.")


def test_of_a_field_only_what_it_shows_is_read() -> None:
    found = text("a.doc", doc('See \x13HYPERLINK "http://x"\x14the \x13PAGE\x147\x15 page\x15 now.\r' + "x" * 50))

    assert found.startswith("See the 7 page now.")


def test_a_page_break_of_a_word_document_begins_a_page() -> None:
    assert len(read("a.doc", doc("one\r\ftwo\r" + "three " * 9))) == 2


def test_a_presentation_of_powerpoint_97_is_read_slide_by_slide() -> None:
    pages = read("a.ppt", ppt([("Boiler", "It leaks\rBadly"), ("Plumber", "Call")]))

    assert [page.text for page in pages] == ["Boiler\n\nIt leaks\nBadly", "Plumber\n\nCall"]
    assert pages[0].headings[0].text == "Boiler"


def test_a_workbook_of_excel_97_is_read_with_its_text_boxes() -> None:
    found = text("a.xls", xls({"Oil": [["Year", "Litres"], [2019.0, 90.5]]}, box="Mind the price"))

    assert "Oil\n\nYear | Litres\nYear: 2019 | Litres: 90.5" in found
    assert "Mind the price" in found


@pytest.mark.parametrize(
    ("name", "content"), [("a.doc", doc("secret\r" * 9, encrypted=True)), ("a.ppt", ppt([("a", "b")], encrypted=True))]
)
def test_a_locked_old_file_asks_for_its_password(name: str, content: bytes) -> None:
    assert reason(name, content) == "locked"


def test_a_message_of_outlook_is_read_with_its_attachments_and_the_messages_in_it() -> None:
    content = msg("The boiler", "It leaks.", {"parts.csv": b"part,euro\nvalve,90\n"}, inner="Offer")

    pages = read("a.msg", content)

    assert pages[0].text.startswith(
        "The boiler\n\nFrom: Anna\nDate: 2024-05-03 00:00 UTC\nAttached: parts.csv\n\nIt leaks."
    )
    assert "part: valve | euro: 90" in pages[1].text
    assert pages[2].headings[0].text == "Offer"


def test_a_message_that_only_has_html_is_read() -> None:
    assert "It leaks." in text("a.msg", msg("S", "", html="<p>It <b>leaks</b>.</p>"))


def test_web_tables_under_an_old_name_are_read() -> None:
    assert "Year: 2019" in text("a.xls", b"<html><table><tr><td>Year<td>Oil<tr><td>2019<td>90</table>")
    assert "Year: 2019" in text("a.xls", b"Year\tOil\n2019\t90\n2020\t95\n")


def test_a_packed_rtf_of_outlook_is_unpacked() -> None:
    """The example of [MS-OXRTFCP] 4.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )

    assert decompressed(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_file_dropped_into_an_old_document_is_read() -> None:
    label, inner = b"note.txt\0", b"The valve is in the cellar."
    native = b"\x02\x00" + label + b"C:\\note.txt\0" + struct.pack("<HHI", 0, 3, 12) + b"C:\\note.txt\0"
    native += struct.pack("<I", len(inner)) + inner
    content = ole.written({"ObjectPool/_1/\x01Ole10Native": struct.pack("<I", len(native)) + native})

    pages, _notes = noted("a.bin", content)

    assert "The valve is in the cellar." in pages[0].text


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_old_file_ends_in_text_or_a_reason(data: st.DataObject) -> None:
    name, whole = data.draw(
        st.sampled_from([("a.doc", doc("words " * 99)), ("a.ppt", ppt([("a", "b")])), ("a.msg", msg("a", "b"))])
    )
    damaged = bytearray(whole)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=30)):
        damaged[at] = value

    assert reason(name, bytes(damaged)) in {"", "broken", "locked", "too_large", "unsupported", "empty"}


def test_a_process_of_its_own_reads_old_files(tmp_path: Path) -> None:
    for name, content in (
        ("a.doc", doc("It is 1.5 bar.\r" * 3)),
        ("a.ppt", ppt([("It is 1.5 bar.", "x")])),
        ("a.xls", xls({"A": [["It is 1.5 bar."]]})),
        ("a.msg", msg("S", "It is 1.5 bar.")),
    ):
        pages, _reading = in_a_process(tmp_path, name, content)

        assert "It is 1.5 bar." in pages[0].text

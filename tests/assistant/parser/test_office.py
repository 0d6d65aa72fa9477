import io
import zipfile
from pathlib import Path

import pytest

from tests import office, ole
from tests.assistant.parser.reading import in_a_process, noted, read, reason, reason_in_a_process, text, zipped
from tests.office import docx, paragraph, pptx, shape, story, table, xlsx

FOOTNOTES = story("footnotes", f"<w:footnote>{paragraph('The gauge was checked in May.')}</w:footnote>")
COMMENTS = story("comments", f'<w:comment w:author="Anna">{paragraph("Is this still so?")}</w:comment>')
DRAWN_BREAK = "<w:lastRenderedPageBreak/>"


def test_headings_of_a_word_document_have_their_level_and_place() -> None:
    (page,) = read(
        "a.docx", docx(paragraph("Boiler", "Ttl") + paragraph("Pressure", "H2") + paragraph("It is 1.5 bar."))
    )

    assert page.text == "Boiler\n\nPressure\n\nIt is 1.5 bar."
    assert [(heading.text, heading.level) for heading in page.headings] == [("Boiler", 1), ("Pressure", 3)]
    assert page.text[page.headings[1].start :].startswith("Pressure")


def test_pages_of_a_word_document_are_those_that_word_drew() -> None:
    body = paragraph("first " * 900) + paragraph("second", before=DRAWN_BREAK) + paragraph("third", before=DRAWN_BREAK)

    pages = read("a.docx", docx(body))

    assert [page.text.split()[0] for page in pages] == ["first", "second", "third"]


def test_each_row_of_a_table_can_be_read_with_its_headers() -> None:
    body = table([["Year", "Ducks"], ["2019", "120"], ["2020", "135"]])

    assert text("a.docx", docx(body)) == "Year | Ducks\nYear: 2019 | Ducks: 120\nYear: 2020 | Ducks: 135"


def test_footnotes_comments_headers_and_text_boxes_are_read_and_deleted_text_is_not() -> None:
    box = f"<w:p><w:r><w:txbxContent>{paragraph('In the box.')}</w:txbxContent></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del><w:r><w:t>Kept.</w:t></w:r></w:p>"
    header = story("hdr", paragraph("House rules"))
    parts = {"footnotes.xml": FOOTNOTES, "comments.xml": COMMENTS, "header1.xml": header, "header2.xml": header}
    kinds = {"footnotes.xml": "footnotes", "comments.xml": "comments", "header1.xml": "header", "header2.xml": "header"}

    found = text("a.docx", docx(box + deleted, parts, kinds))

    assert "In the box." in found
    assert "Kept." in found
    assert "Gone." not in found
    assert "The gauge was checked in May." in found
    assert "Anna: Is this still so?" in found
    assert found.count("House rules") == 1


def test_lists_are_numbered_as_word_shows_them() -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{shown}"/></w:lvl>'
        for n, shown in enumerate(["%1.", "%1.%2"])
    )
    numbering = story(
        "numbering",
        f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>',
    )

    def item(words: str, level: int) -> str:
        return (
            f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr></w:pPr>'
            f"<w:r><w:t>{words}</w:t></w:r></w:p>"
        )

    body = item("One", 0) + item("Inner", 1) + item("Another", 1) + item("Two", 0) + item("Again", 1)

    found = text("a.docx", docx(body, {"numbering.xml": numbering}, {"numbering.xml": "numbering"}))

    assert found.split("\n\n") == ["1. One", "1.1 Inner", "1.2 Another", "2. Two", "2.1 Again"]


def test_a_file_embedded_in_a_document_is_read_too() -> None:
    inner = xlsx({"Costs": [["What", "Euro"], ["Oil", 90.0]]})
    outer = docx(paragraph("See the table."), {"embeddings/t.xlsx": inner}, {"embeddings/t.xlsx": "package"})

    pages = read("a.docx", outer)

    assert pages[0].text == "See the table."
    assert "What: Oil | Euro: 90" in pages[1].text
    assert pages[1].headings[0].text == "t.xlsx"


def test_a_document_without_words_has_no_pages() -> None:
    assert read("a.docx", docx("<w:p/>")) == []


def test_each_slide_is_a_page_in_the_order_in_which_it_is_shown() -> None:
    first = shape("It leaks", "body") + shape("The boiler", "title") + shape("7", "sldNum")

    pages = read("a.pptx", pptx([first, shape("Call us")], notes="Say it slowly."))

    assert pages[0].text == "The boiler\n\nIt leaks\n\nSpeaker notes\n\nSay it slowly."
    assert pages[0].headings[0].text == "The boiler"
    assert pages[1].text == "Call us"


def test_a_slide_without_words_is_still_a_page_so_that_the_numbers_hold() -> None:
    pages = read("a.pptx", pptx(["", shape("Second")]))

    assert [page.text for page in pages] == ["", "Second"]


def test_sheets_stand_under_their_names_and_hidden_ones_say_so() -> None:
    content = xlsx({"Oil": [["Year", "Litres"], [2019.0, 1200.5]], "Old": [["note"]]}, hidden="Old")

    pages = read("a.xlsx", content)

    assert [page.headings[0].text for page in pages] == ["Oil", "Old (hidden sheet)"]
    assert "Year: 2019 | Litres: 1200.5" in pages[0].text


def test_a_cell_far_out_is_told_and_one_that_only_has_a_colour_does_not_count(tmp_path: Path) -> None:
    def with_last_cell(cell: str) -> bytes:
        whole = xlsx({"A": [["words"]]})
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        row = f'<row r="1048576">{cell}</row></sheetData>'.encode()
        sheet = "xl/worksheets/sheet1.xml"
        return zipped({**members, sheet: members[sheet].replace(b"</sheetData>", row)})

    assert reason_in_a_process(tmp_path, "a.xlsx", with_last_cell('<c r="XFD1048576"><v>1</v></c>')) == "too_large"
    pages, _reading = in_a_process(tmp_path, "a.xlsx", with_last_cell('<c r="XFD1048576" s="2"/>'))
    assert pages[0].text == "A\n\nwords"


def test_comments_and_charts_of_a_workbook_are_read() -> None:
    comment = '<comments xmlns="urn:x"><comment ref="B2"><text><t>too much</t></text></comment></comments>'
    chart = (
        '<c:chartSpace xmlns:c="urn:c" xmlns:a="urn:a"><c:chart><c:title><a:t>Oil</a:t></c:title><c:lineChart><c:ser>'
        '<c:tx><c:v>Litres</c:v></c:tx><c:cat><c:pt idx="0"><c:v>May</c:v></c:pt></c:cat>'
        '<c:val><c:pt idx="0"><c:v>90</c:v></c:pt></c:val></c:ser></c:lineChart></c:chart></c:chartSpace>'
    )
    content = xlsx({"A": [["x"]]}, parts={"xl/comments1.xml": comment, "xl/charts/chart1.xml": chart})

    found = text("a.xlsx", content)

    assert "B2: too much" in found
    assert "Line chart – Oil" in found
    assert "Category: May | Litres: 90" in found


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.doc"])
def test_a_locked_office_file_asks_for_its_password(name: str) -> None:
    assert reason(name, ole.written({"EncryptedPackage": bytes(5000), "EncryptionInfo": bytes(100)})) == "locked"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.odt", "a.epub"])
def test_a_damaged_office_file_says_so(name: str) -> None:
    assert reason(name, b"PK\x03\x04 nothing of the kind") == "broken"


def test_a_damaged_part_is_told_and_the_rest_is_read() -> None:
    content = docx(paragraph("Still here.") + "<w:p><w:unclosed>")

    pages, notes = noted("a.docx", content)

    assert pages[0].text == "Still here."
    assert notes == ("Part of this file is damaged; what could be read of it was read.",)


def test_an_opendocument_text_has_headings_tables_notes_and_comments() -> None:
    body = (
        '<text:h text:outline-level="2">Oil</text:h>'
        "<text:p>It<text:s/>is<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>Measured in May.</text:p></text:note-body></text:note> low."
        "<office:annotation><dc:creator>Ben</dc:creator>"
        "<text:p>Really?</text:p></office:annotation></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Year</text:p></table:table-cell><table:table-cell>"
        "<text:p>Litres</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>2019"
        "</text:p></table:table-cell><table:table-cell><text:p>90</text:p></table:table-cell></table:table-row></table:table>"
    )

    (page,) = read("a.odt", office.opendocument("text", body))

    assert page.headings[0].level == 2
    assert "It is [1] low." in page.text
    assert "Measured in May." in page.text
    assert "Comment by Ben: Really?" in page.text
    assert "Year: 2019 | Litres: 90" in page.text


def test_a_locked_opendocument_asks_for_its_password() -> None:
    manifest = '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'

    assert reason("a.odt", office.opendocument("text", "", {"META-INF/manifest.xml": manifest})) == "locked"


def test_an_opendocument_presentation_is_read_slide_by_slide() -> None:
    def slide(name: str, words: str) -> str:
        return f'<draw:page draw:name="{name}"><draw:frame><text:p>{words}</text:p></draw:frame></draw:page>'

    pages = read("a.odp", office.opendocument("presentation", slide("one", "First words") + slide("two", "More")))

    assert [page.text for page in pages] == ["one\n\nFirst words", "two\n\nMore"]


def test_an_opendocument_sheet_is_read_with_its_name() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>words</text:p></table:table-cell>'
    row = f"<table:table-row>{cell}</table:table-row>"
    content = office.opendocument("spreadsheet", f'<table:table table:name="Stock">{row}</table:table>')

    assert text("a.ods", content) == "Stock\n\nwords"


def test_a_process_of_its_own_reads_office_files(tmp_path: Path) -> None:
    for name, content, words in (
        ("a.docx", docx(paragraph("It is 1.5 bar.")), "It is 1.5 bar."),
        ("a.pptx", pptx([shape("It is 1.5 bar.")]), "It is 1.5 bar."),
        ("a.xlsx", xlsx({"A": [["It is 1.5 bar."]]}), "A\n\nIt is 1.5 bar."),
        ("a.odt", office.opendocument("text", "<text:p>It is 1.5 bar.</text:p>"), "It is 1.5 bar."),
    ):
        pages, reading = in_a_process(tmp_path, name, content)

        assert [page.text for page in pages] == [words]
        assert reading.notes == ()

"""Words on pictures inside documents and slides are read: a scan pasted into Word, a slide that is a screenshot."""

import pytest
from PIL import Image

from tests import office, scans
from tests.assistant.parser.reading import noted, read, text, zipped

WORDS = ["Guarantee card of the boiler", "Serial number 4711 of March 2019"]
SCAN = scans.saved([scans.page(WORDS, size=(1000, 400))], "PNG")
ODF = '<draw:frame><draw:image xlink:href="Pictures/a.png" xmlns:xlink="http://www.w3.org/1999/xlink"/></draw:frame>'
BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
    "b.opf": '<package><manifest><item id="c" href="c.xhtml"/></manifest><spine><itemref idref="c"/></spine></package>',
    "c.xhtml": '<html><body><p>Chapter</p><img src="a.png"/></body></html>',
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scan.docx", office.docx(office.paragraph(""), {"media/image1.png": SCAN})),
        (
            "scan.odt",
            zipped({**office.parts_of(office.opendocument("text", f"<text:p>{ODF}</text:p>")), "Pictures/a.png": SCAN}),
        ),
        ("scan.xlsx", zipped({**office.parts_of(office.xlsx({"A": [["x"]]})), "xl/media/image1.png": SCAN})),
        ("scan.epub", zipped({**BOOK, "a.png": SCAN})),
    ],
)
def test_a_scan_in_a_document_is_read(name: str, content: bytes) -> None:
    whole = text(name, content)

    assert all(line in whole for line in WORDS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.pptx",
            zipped(
                {
                    **office.parts_of(office.pptx([office.shape("First", "title"), ""])),
                    "ppt/slides/_rels/slide1.xml.rels": office.relations({"r": ("image", "../media/image1.png")}),
                    "ppt/media/image1.png": SCAN,
                }
            ),
        ),
        (
            "a.odp",
            zipped(
                {
                    **office.parts_of(
                        office.opendocument("presentation", f'<draw:page draw:name="One"/><draw:page>{ODF}</draw:page>')
                    ),
                    "Pictures/a.png": SCAN,
                }
            ),
        ),
    ],
)
def test_a_slide_that_is_a_screenshot_has_its_words_on_its_own_page(name: str, content: bytes) -> None:
    _first, second = read(name, content)

    assert all(line in second.text for line in WORDS)


def test_small_pictures_and_repeated_ones_are_left_out_and_drawings_told_of() -> None:
    small = scans.saved([Image.new("L", (100, 100), 255)], "PNG")
    media = {"image1.png": small, "image2.png": SCAN, "image3.png": SCAN, "image4.emf": bytes(30_000)}
    content = office.docx(office.paragraph("Words"), {f"media/{name}": each for name, each in media.items()})

    pages, notes = noted("a.docx", content)

    assert [page.text.split("\n")[0] for page in pages] == ["Words", "image2.png"]
    assert len(notes) == 1
    assert "EMF" in notes[0]

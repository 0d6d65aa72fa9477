import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from assistant.parser.ocr import Eye, from_tsv
from assistant.parser.page import FULL, Page
from assistant.parser.protocol import Limits, Mark
from assistant.parser.tongues import language_of
from tests import pdf, scans
from tests.assistant.parser.reading import in_a_process, noted, read, reason
from tests.assistant.shelves import parser

LINES = ["The gauge is at the front of the boiler.", "It should show 1.5 bar when it is cold.", "Call the plumber."]
PDF = "application/pdf"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def place(page: Page, words: str) -> tuple[int, int, int, int]:
    """The box around these words, in parts of FULL."""
    start = page.text.index(words)
    boxes = [word for word in page.words if word.start < start + len(words) and word.end > start]
    return (
        min(word.left for word in boxes),
        min(word.top for word in boxes),
        max(word.right for word in boxes),
        max(word.bottom for word in boxes),
    )


def line_on_page(number: int) -> tuple[float, float]:
    """Where a line begins and ends from the top, in parts of FULL."""
    top = scans.TOP + scans.LINE * number
    return top / scans.A4[1] * FULL, (top + scans.LINE) / scans.A4[1] * FULL


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.tiff", "TIFF")]
)
def test_the_text_of_a_picture_is_read_with_the_place_of_each_word(name: str, kind: str) -> None:
    (page,) = read(name, scans.saved([scans.page(LINES)], kind))

    assert page.text.split("\n")[:2] == LINES[:2]
    top, bottom = line_on_page(1)
    box = place(page, "1.5 bar")
    assert top - 60 < box[1] < box[3] < bottom + 60
    assert 0.2 * FULL < box[0] < box[2] < 0.5 * FULL


def test_each_page_of_a_fax_is_a_page() -> None:
    pages = read(
        "a.tif", scans.saved([scans.page(["The first page of it."]), scans.page(["And the second one."])], "TIFF")
    )

    assert [(page.number, page.text) for page in pages] == [(1, "The first page of it."), (2, "And the second one.")]


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_page_that_lies_on_its_side_is_read_and_its_words_are_where_they_stand(turn: Image.Transpose) -> None:
    turned = scans.page(LINES * 4).transpose(turn)

    (page,) = read("a.png", scans.saved([turned], "PNG"))

    assert "It should show 1.5 bar" in page.text
    left, top, right, bottom = place(page, "1.5")
    part = turned.crop(
        (
            left * turned.width // FULL,
            top * turned.height // FULL,
            right * turned.width // FULL,
            bottom * turned.height // FULL,
        )
    )
    assert ImageStat.Stat(part).extrema[0][0] < 60  # there is ink in the box


def test_a_scanned_pdf_is_read_and_a_page_with_text_is_not_scanned(tmp_path: Path) -> None:
    pages, reading = in_a_process(
        tmp_path, "a.pdf", scans.saved([scans.page(LINES), scans.page(["Page two here."])], "PDF")
    )

    assert pages[0].text.startswith(LINES[0])
    assert pages[1].text == "Page two here."
    assert pages[0].words
    assert reading.notes == ()
    assert read("b.pdf", pdf.written(["It should show 1.5 bar."]))[0].words == ()


@pytest.mark.parametrize(("kind", "media_type"), [("PDF", PDF), ("PNG", "image/png")])
def test_the_words_of_a_citation_are_marked_on_the_scan(tmp_path: Path, kind: str, media_type: str) -> None:
    file = tmp_path / "scan"
    file.write_bytes(scans.saved([scans.page(LINES)], kind))
    pages: list[Page] = []
    parser().read(file, media_type, pages.append)
    box = place(pages[0], "1.5 bar")

    def picture(*boxes: tuple[int, int, int, int]) -> Image.Image:
        png = parser().picture(file, media_type, Mark(page=1, start=0, end=0, width=600, boxes=boxes))
        return Image.open(io.BytesIO(png)).convert("RGB")

    marked = ImageChops.difference(picture(), picture(box)).getbbox()

    assert marked is not None
    expected = [box[0] * 600 / FULL, box[1] * 849 / FULL, box[2] * 600 / FULL, box[3] * 849 / FULL]
    assert all(abs(one - other) < 4 for one, other in zip(marked, expected, strict=True))


def test_a_page_in_another_script_is_read_and_the_page_after_it_in_ours() -> None:
    russian = [
        "Котёл",
        "стоит",
        "в",
        "подвале",
        "дома.",
        "Манометр",
        "находится",
        "на",
        "передней",
        "стороне",
        "и",
        "должен",
        "показывать",
        "полтора",
        "бара",
    ]
    lines = [" ".join(russian[at : at + 5]) for at in range(0, len(russian), 5)]
    eye = Eye(limits=Limits())

    first = eye.read(scans.page(lines * 2, font=DEJAVU))
    then = eye.read(scans.page(LINES * 2))

    assert "Котёл стоит в подвале дома" in first.text
    assert LINES[0] in then.text


def test_a_picture_without_words_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="finds no text"):
        in_a_process(tmp_path, "a.png", scans.saved([scans.page([])], "PNG"))


def test_a_scanned_page_that_takes_too_long_is_told_and_the_others_are_read() -> None:
    pages, notes = noted("a.pdf", scans.saved([scans.page(LINES)], "PDF"), Limits(page_seconds=0))

    assert [page.text for page in pages] == [""]
    assert notes[0].startswith("Page 1 is a picture that could not be read.")


def test_where_there_is_no_tesseract_a_picture_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert reason("a.png", scans.saved([scans.page(LINES)], "PNG")) == "no_text"


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 cut off", b"II*\x00 nothing", b"GIF89a"])
def test_a_damaged_picture_says_so(content: bytes) -> None:
    assert reason("a.png", content) == "broken"


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    assert reason("a.png", scans.saved([scans.page(LINES)], "PNG"), Limits(picture_pixels=1_000_000)) == "too_large"


def test_words_without_spaces_between_them_are_joined_in_chinese_and_thai() -> None:
    def row(word: str, block: int = 1, line: int = 1) -> str:
        return f"5\t1\t{block}\t1\t{line}\t1\t10\t10\t50\t20\t90\t{word}"

    found = from_tsv(
        "\n".join([row("锅"), row("炉"), row("1.5"), row("bar"), row("ใน", line=2), row("บ้าน", line=2)]), (100, 100)
    )

    assert found.text == "锅炉 1.5 bar\nในบ้าน"
    assert found.text[found.words[1].start : found.words[1].end] == "炉"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The boiler is in the cellar and it should show the pressure of the water.", "eng"),
        ("Der Kessel steht im Keller und die Anzeige ist nicht auf dem Dach.", "deu"),
        ("La caldera está en el sótano y el manómetro es para los que la usan.", "spa"),
        ("La chaudière est dans la cave et le manomètre est sur le mur.", "fra"),
        ("1.5 bar", None),
    ],
)
def test_the_language_of_a_page_is_told_by_its_little_words(text: str, language: str | None) -> None:
    assert language_of(text) == language

"""A citation is drawn wherever its page is: in a mail, an archive, a document, or a file without its ending."""

import io
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from assistant.identifiers import HOUSEHOLD
from assistant.library import Library
from assistant.library_errors import NoPictureError
from tests import heif, office, pdf, scans
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import at_work, library, put
from tests.locks import PASSWORD, locked_pdf

WORDS = "The boiler pressure is 1.5 bar."
REPORT = pdf.written(["A first page.", WORDS])
SCAN = scans.saved([scans.page(["Guarantee card", "Serial number 4711"], size=(1000, 400))], "PNG")


def mail(name: str, content: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Report"
    message.set_content("Attached.")
    message.add_attachment(b"Some words.", maintype="text", subtype="plain", filename="a.txt")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


async def drawn(shelves: Library, name: str, content: bytes, words: str) -> None:
    document = await put(shelves, name, content)
    number = next(
        page for page in range(1, document.pages + 1) if words in shelves.page_text(document.id, page, [HOUSEHOLD])
    )
    text = shelves.page_text(document.id, number, [HOUSEHOLD])
    start = text.index(words)
    assert shelves.has_picture(document.id, number, [HOUSEHOLD])

    plain, marked = [
        Image.open(io.BytesIO(await shelves.page_picture(document.id, number, [HOUSEHOLD], start=a, end=b, width=595)))
        for a, b in ((0, 0), (start, start + len(words)))
    ]

    box = ImageChops.difference(plain.convert("RGB"), marked.convert("RGB")).getbbox()
    assert box is not None
    assert box[2] - box[0] > 40
    assert box[3] - box[1] < 60


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("report", REPORT, WORDS),
        ("scan", SCAN, "Serial number"),
        ("IMG_0042.HEIC", heif.PHOTO, "Serial number"),
        ("report.txt", REPORT, WORDS),
        ("a.eml", mail("report.pdf", REPORT), WORDS),
        ("a.eml", mail("scan.png", SCAN), "Serial number"),
        ("a.eml", mail("IMG_0042.heic", heif.PHOTO), "Serial number"),
        ("a.zip", zipped({"a.txt": b"Words.", "b/IMG_0042.HEIC": heif.PHOTO}), "Serial number"),
        ("a.zip", zipped({"a.txt": b"Words.", "b/report.pdf": REPORT}), WORDS),
        ("a.zip", zipped({"a.txt": b"Words.", "mail.eml": mail("deep.zip", zipped({"report.pdf": REPORT}))}), WORDS),
        ("a.docx", office.docx(office.paragraph("Words."), {"media/image1.png": SCAN}), "Serial number"),
    ],
)
async def test_a_citation_is_drawn(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await drawn(shelves, name, content, words)


async def test_a_locked_pdf_inside_a_mail_is_drawn_with_its_password(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        content = mail("report.pdf", locked_pdf([WORDS]))
        document = await put(shelves, "a.eml", content)
        await shelves.unlock(document.id, PASSWORD, [HOUSEHOLD])

        await drawn(shelves, "a.eml", content, WORDS)


async def test_words_that_stand_on_no_page_have_no_picture(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "a.eml", mail("report.pdf", REPORT))

        for page in (1, 2):
            assert not shelves.has_picture(document.id, page, [HOUSEHOLD])
            with pytest.raises(NoPictureError):
                await shelves.page_picture(document.id, page, [HOUSEHOLD], start=0, end=1, width=100)

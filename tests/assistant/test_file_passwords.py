"""A locked file asks for its password, is read and drawn with it, and the password lies nowhere in clear."""

import io
import logging
from base64 import encodebytes
from pathlib import Path

import pytest
from PIL import Image

from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD
from assistant.library_errors import NotLockedError, UnreadableDocumentError
from tests import office
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import at_work, library, put, settled
from tests.locks import AES_ZIP, OLD_ZIP, PASSWORD, ZIP_WORDS, locked_office, locked_opendocument, locked_pdf
from tests.old_locks import WAYS, locked_doc, locked_ppt, locked_xls
from tests.old_office import doc, ppt, xls

WORDS = "The boiler pressure is 1.5 bar."
LETTER = office.docx(office.paragraph(WORDS))
SHEET = (
    '<table:table table:name="A"><table:table-row><table:table-cell office:value-type="string">'
    f"<text:p>{WORDS}</text:p></table:table-cell></table:table-row></table:table>"
)
MAIL = (
    b"Subject: Your statement\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\nContent-Type: application/pdf; name=s.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_locked_pdf_is_read_and_drawn_with_its_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = "correct horse"
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "a.pdf", locked_pdf([WORDS], password))
        assert (document.status, document.is_locked) == (Status.FAILED, True)
        assert document.reason is not None
        assert "Library" in document.reason

        await shelves.unlock(document.id, "battery staple", [HOUSEHOLD])
        wrong = await settled(shelves, document.id)
        assert (wrong.status, wrong.is_locked) == (Status.FAILED, True)
        assert wrong.reason is not None
        assert "does not open" in wrong.reason

        await shelves.unlock(document.id, password, [HOUSEHOLD])
        right = await settled(shelves, document.id)
        assert (right.status, right.is_locked) == (Status.READY, False)
        assert shelves.page_text(document.id, 1, [HOUSEHOLD]) == WORDS
        picture = await shelves.page_picture(document.id, 1, [HOUSEHOLD], start=0, end=10, width=300)
        assert Image.open(io.BytesIO(picture)).width == 300
        with pytest.raises(NotLockedError):
            await shelves.unlock(document.id, password, [HOUSEHOLD])

        kept = bytes_in(tmp_path)
        assert password.encode() not in kept
        assert b"battery staple" not in kept
        assert password not in caplog.text

        (tmp_path / "file-passwords.key").unlink()  # as after a restore on another box
        with pytest.raises(UnreadableDocumentError):
            await shelves.page_picture(document.id, 1, [HOUSEHOLD], start=0, end=10, width=300)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("old.zip", OLD_ZIP, ZIP_WORDS),
        ("new.zip", AES_ZIP, ZIP_WORDS),
        ("a.docx", locked_office(LETTER), WORDS),
        ("a.doc", locked_doc(doc(f"{WORDS}\r" * 20), WAYS["1997"]), WORDS),
        ("a.xls", locked_xls(xls({"A": [[WORDS]]}), WAYS["128 bits"]), WORDS),
        ("a.ppt", locked_ppt(ppt([("Boiler", WORDS)]), WAYS["128 bits"]), WORDS),
        ("a.odt", locked_opendocument(office.opendocument("text", f"<text:p>{WORDS}</text:p>")), WORDS),
        ("a.ods", locked_opendocument(office.opendocument("spreadsheet", SHEET)), WORDS),
    ],
)
async def test_other_locked_files_are_read_with_their_password(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, name, content)
        assert document.is_locked
        await shelves.unlock(document.id, "wrong", [HOUSEHOLD])
        assert (await settled(shelves, document.id)).is_locked

        await shelves.unlock(document.id, PASSWORD, [HOUSEHOLD])
        assert (await settled(shelves, document.id)).status is Status.READY

        assert words in shelves.page_text(document.id, 1, [HOUSEHOLD])


async def test_what_is_locked_inside_another_file_is_read_with_its_password(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        mail = await put(shelves, "a.eml", MAIL % encodebytes(locked_pdf([WORDS])))
        archive = await put(shelves, "a.zip", zipped({"a.pdf": locked_pdf([WORDS])}))
        assert (mail.status, mail.is_locked, len(mail.notes)) == (Status.READY, True, 1)
        assert (archive.status, archive.is_locked) == (Status.FAILED, True)

        for document in (mail, archive):
            await shelves.unlock(document.id, PASSWORD, [HOUSEHOLD])
            opened = await settled(shelves, document.id)
            assert (opened.status, opened.is_locked, opened.notes) == (Status.READY, False, ())
            assert WORDS in shelves.page_text(document.id, opened.pages, [HOUSEHOLD])

"""PDF files read with PDFium: the text of each page, and which lines of it are headings by their size."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from ctypes import byref
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from assistant.parser.dates import day_of
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError, too_many_pages
from assistant.parser.ocr import Eye, Recognised
from assistant.parser.page import Heading, Page
from assistant.parser.page_text import PageText, page_text
from assistant.parser.pdf_forms import filled_in
from assistant.parser.scans import needs_ocr, read_scan

_HEADING_RATIO: Final = 1.12
"""A line this much taller than most of the text is a heading."""
_HEADING_CHARACTERS: Final = range(3, 120)
_CODES: Final = 0x110000
"""Unicode ends here; a damaged font can name characters beyond."""


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a PDF. Raises FileFailureError where it is locked, broken, empty or too long."""
    document = open_pdf(content, desk)
    desk.dated(day_of(*(document.get_metadata_value(key) for key in ("CreationDate", "ModDate"))))
    if not desk.wanted:
        yield from pdf_pages(document, desk)
    for number in range(document.count_attachments()):
        yield from _attached(document, number, desk)


def _attached(document: pypdfium2.PdfDocument, number: int, desk: Desk) -> Iterator[Page]:
    """The pages of a file that is attached to the document."""
    try:
        attachment = document.get_attachment(number)
        name, content = attachment.get_name(), bytes(attachment.get_data())
    except pypdfium2.PdfiumError:
        desk.note("A file that is attached to this one is damaged and was not read.")
        return
    desk.unpack(len(content))
    yield from desk.inside(name or f"attachment {number + 1}", content)


def open_pdf(content: bytes, desk: Desk) -> pypdfium2.PdfDocument:
    """Open a PDF. Raises FileFailureError where it is locked, broken, empty or too long."""
    document = _unlocked(content, desk)
    if len(document) == 0:
        raise FileFailureError("empty")
    if len(document) > desk.limits.pages:
        raise too_many_pages(len(document), desk.limits)
    with contextlib.suppress(pypdfium2.PdfiumError):  # a damaged form is no reason not to read the pages
        document.init_forms()
    return document


def _unlocked(content: bytes, desk: Desk) -> pypdfium2.PdfDocument:
    """The document, opened as it is or else by the password."""
    for password in dict.fromkeys((None, desk.password)):
        try:
            document = pypdfium2.PdfDocument(content, password=password)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) != pdfium.FPDF_ERR_PASSWORD:
                raise FileFailureError("broken") from error
        else:
            if password is not None:
                desk.opened()
            return document
    raise desk.locked()


def pdf_pages(document: pypdfium2.PdfDocument, desk: Desk) -> Iterator[Page]:
    """The pages one after the other; scanned ones by OCR. A page that PDFium cannot load is empty, with a note."""
    heights: Counter[float] = Counter()
    eye = Eye(limits=desk.limits)
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            desk.note(f"Page {index + 1} is damaged and was not read.")
            yield Page(number=index + 1, text="")
            continue
        text_page = page.get_textpage()
        content = text_of(text_page)
        scan = read_scan(page, eye, desk, index + 1) if needs_ocr(page, content.text) else Recognised()
        written = filled_in(document, page)
        if len(scan.text) > len(content.text):
            yield Page(number=index + 1, text=_with(scan.text, written), words=scan.words)
        else:
            headings = _headings(text_page, content, heights)
            yield Page(number=index + 1, text=_with(content.text, written), headings=headings)
        text_page.close()
        page.close()


def _with(text: str, written: str) -> str:
    """A page's text, and behind it what people wrote on it."""
    return f"{text}\n\n{written}" if text and written else text or written


def text_of(text_page: pypdfium2.PdfTextPage) -> PageText:
    """A page's text with its map to PDFium's characters; reading and drawing both use it, so that offsets agree."""
    unicode_of = pdfium.FPDFText_GetUnicode
    raw = text_page.raw
    codes = [unicode_of(raw, index) for index in range(text_page.count_chars())]
    return page_text("".join([chr(code) if code < _CODES else "\x00" for code in codes]))


def _headings(text_page: pypdfium2.PdfTextPage, content: PageText, heights: Counter[float]) -> tuple[Heading, ...]:
    """Lines taller than most of the text so far; `heights` counts characters by height over the document."""
    lines: list[tuple[int, str, float]] = []
    start = 0
    for line in content.text.split("\n"):
        if line:
            height = _height(text_page, content.sources[start : start + len(line)], line)
            heights[height] += len(line)
            lines.append((start, line, height))
        start += len(line) + 1
    if not lines:
        return ()
    usual = heights.most_common(1)[0][0]
    return tuple(
        Heading(start=start, text=line, level=-round(height * 2))
        for start, line, height in lines
        if height > usual * _HEADING_RATIO and len(line) in _HEADING_CHARACTERS and any(map(str.isalpha, line))
    )


def _height(text_page: pypdfium2.PdfTextPage, sources: tuple[int, ...], line: str) -> float:
    """How tall the line's first letter is set, in points, whatever the letter."""
    first = next((index for index, character in enumerate(line) if character.isalnum()), 0)
    box = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(text_page.raw, sources[first], byref(box)):
        return 0.0
    return round(abs(float(box.top - box.bottom)), 1)

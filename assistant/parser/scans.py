"""Pages of a PDF without text, or with next to none on a picture: drawn by PDFium and read by OCR."""

from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.ocr import Eye, Recognised

_INCH: Final = 72
_DOTS_AN_INCH: Final = 300
_MOST_PIXELS: Final = 16_000_000
_FEW: Final = 40
"""A page with no more letters than that below a picture is a scan with a stamp on it."""
_LARGE: Final = 0.35
"""A picture that covers this part of a page is what the page is about."""
_DEEPEST: Final = 4


def needs_ocr(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether the words of a page are in its picture and not in its text."""
    letters = sum(map(str.isalnum, text))
    if letters > _FEW:
        return False
    pictures = _pictures_part(page)
    return pictures > _LARGE if letters else pictures > 0 or _has_drawings(page)


def read_scan(page: pypdfium2.PdfPage, eye: Eye, desk: Desk, number: int) -> Recognised:
    """The text on a page's picture; a page that takes too long stays empty, with a note."""
    try:
        return eye.read(drawn(page))
    except FileFailureError as failure:
        desk.note(f"Page {number} is a picture that could not be read. {failure}")
        return Recognised()


def drawn(page: pypdfium2.PdfPage) -> Image.Image:
    """The page in grey, as sharp as a good scan."""
    width, height = page.get_size()
    scale = min(_DOTS_AN_INCH / _INCH, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    picture: Image.Image = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    return picture


def _pictures_part(page: pypdfium2.PdfPage) -> float:
    """How much of the page its largest picture covers, from 0 to 1."""
    width, height = page.get_size()
    area = max(width * height, 1.0)
    largest = 0.0
    for thing in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=_DEEPEST):
        left, bottom, right, top = thing.get_bounds()
        largest = max(largest, abs((right - left) * (top - bottom)) / area)
    return min(largest, 1.0)


def _has_drawings(page: pypdfium2.PdfPage) -> bool:
    """Letters can be drawn as shapes, or with a font whose characters have no names."""
    return next(iter(page.get_objects(max_depth=_DEEPEST)), None) is not None

"""A page of a PDF as a PNG with some of its words marked, the way one marks them with a pen."""

import io
from ctypes import byref, c_int
from typing import Final, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops, ImageDraw

from assistant.parser.failure import FileFailureError
from assistant.parser.pdf import text_of
from assistant.parser.protocol import Limits, Mark

_PEN: Final = (255, 217, 102)
_SAME_LINE: Final = 0.5
"""Boxes that share this part of their height stand in one line and are marked as one."""
_WORD_GAP: Final = 2.0
"""Boxes in one line further apart than this many heights stand in different columns."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top in PDF points."""


def marked_picture(document: pypdfium2.PdfDocument, mark: Mark, limits: Limits) -> bytes:
    """The page as PNG. Raises FileFailureError where there is no such page or its picture would be too large."""
    if not 1 <= mark.page <= len(document):
        raise FileFailureError("broken", "There is no such page.")
    page = document[mark.page - 1]
    width, height = page.get_size()
    scale = mark.width / width
    if mark.width * height * scale > limits.pixels:
        raise FileFailureError("too_large", "The picture of this page would be too large. Read its text instead.")
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    pen = Image.new("RGB", picture.size, "white")
    draw = ImageDraw.Draw(pen)
    for box in _lines(_boxes(page, mark)):
        draw.rectangle(_on_picture(page, box, picture.size), fill=_PEN)
    return _png(ImageChops.multiply(picture, pen))


def _boxes(page: pypdfium2.PdfPage, mark: Mark) -> list[Box]:
    """The box of each marked character that has one."""
    text_page = page.get_textpage()
    sources = text_of(text_page).sources[max(mark.start, 0) : max(mark.end, 0)]
    boxes: list[Box] = []
    for source in dict.fromkeys(sources):
        box = pdfium.FS_RECTF()
        if pdfium.FPDFText_GetLooseCharBox(text_page.raw, source, byref(box)) and box.right > box.left:
            boxes.append((box.left, box.bottom, box.right, box.top))
    return boxes


def _lines(boxes: list[Box]) -> list[Box]:
    """Neighbouring boxes of one line joined, so that the pen does not stop between letters."""
    joined: list[Box] = []
    for box in boxes:
        if joined and _continues(joined[-1], box):
            last = joined[-1]
            joined[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            joined.append(box)
    return joined


def _continues(line: Box, box: Box) -> bool:
    shared = min(line[3], box[3]) - max(line[1], box[1])
    height = min(line[3] - line[1], box[3] - box[1])
    gap = max(box[0] - line[2], line[0] - box[2])
    return shared > height * _SAME_LINE and gap < max(height, 1.0) * _WORD_GAP


def _on_picture(page: pypdfium2.PdfPage, box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box in pixels from the top left corner; PDFium knows the page's rotation and crop."""
    corners: list[tuple[int, int]] = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        left, top = c_int(), c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, size[0], size[1], 0, x, y, byref(left), byref(top))
        corners.append((left.value, top.value))
    (ax, ay), (bx, by) = corners
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=False)
    return out.getvalue()

"""A page of a PDF, or a scanned picture, as a PNG with some of its words marked, the way one marks them with a pen."""

import io
from collections.abc import Sequence
from ctypes import byref, c_int
from typing import Final, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops, ImageDraw

from assistant.parser.desk import Desk, Source, located
from assistant.parser.failure import FileFailureError
from assistant.parser.images import frame, opened
from assistant.parser.kinds import PICTURED, kind_of
from assistant.parser.page import FULL
from assistant.parser.pdf import open_pdf, text_of
from assistant.parser.protocol import Limits, Mark, Request

_PEN: Final = (255, 217, 102)
_SAME_LINE: Final = 0.5
"""Boxes that share this part of their height stand in one line and are marked as one."""
_WORD_GAP: Final = 2.0
"""Boxes in one line further apart than this many heights stand in different columns."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top in PDF points."""


def marked_picture(content: bytes, request: Request, desk: Desk) -> bytes:
    """The page that the request names as PNG.

    Raises FileFailureError where the file has no such page or its picture would be too large.
    """
    mark = request.picture
    if mark is None:
        raise FileFailureError("unsupported")
    source = located(Source(content=content, media_type=request.media_type), mark.within, desk)
    content, kind = source.content, kind_of(source.media_type, source.content)
    if kind is None or kind.media_type not in PICTURED:
        raise FileFailureError("unsupported")
    if kind.name == "pdf":
        return _png(_pdf_page(open_pdf(content, desk), mark, request.limits))
    return _png(_frame(content, mark, request.limits))


def _pdf_page(document: pypdfium2.PdfDocument, mark: Mark, limits: Limits) -> Image.Image:
    if not 1 <= mark.page <= len(document):
        raise FileFailureError("broken", "There is no such page.")
    page = document[mark.page - 1]
    width, height = page.get_size()
    _check(mark, width, height, limits)
    picture = page.render(scale=mark.width / width, may_draw_forms=True).to_pil().convert("RGB")
    if mark.boxes:
        return _marked(picture, _scaled(mark, picture.size))
    return _marked(picture, [_on_picture(page, box, picture.size) for box in _lines(_boxes(page, mark))])


def _frame(content: bytes, mark: Mark, limits: Limits) -> Image.Image:
    picture = opened(content, limits)
    if not 1 <= mark.page <= getattr(picture, "n_frames", 1):
        raise FileFailureError("broken", "There is no such page.")
    upright = frame(picture, mark.page - 1)
    _check(mark, upright.width, upright.height, limits)
    height = max(round(upright.height * mark.width / upright.width), 1)
    shown = upright.resize((mark.width, height), Image.Resampling.LANCZOS)
    return _marked(shown, _scaled(mark, shown.size))


def _check(mark: Mark, width: float, height: float, limits: Limits) -> None:
    if mark.width * height * mark.width / width > limits.pixels:
        raise FileFailureError("too_large", "The picture of this page would be too large. Read its text instead.")


def _scaled(mark: Mark, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """The marked words of a scanned page in pixels, those of one line joined."""
    # Boxes are counted from the top here and from the bottom there, which does not matter for joining them.
    joined = _lines([(float(left), float(top), float(right), float(bottom)) for left, top, right, bottom in mark.boxes])
    wide, high = size[0] / FULL, size[1] / FULL
    return [(round(box[0] * wide), round(box[1] * high), round(box[2] * wide), round(box[3] * high)) for box in joined]


def _marked(picture: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> Image.Image:
    pen = Image.new("RGB", picture.size, "white")
    draw = ImageDraw.Draw(pen)
    for box in boxes:
        draw.rectangle(box, fill=_PEN)
    return ImageChops.multiply(picture, pen)


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

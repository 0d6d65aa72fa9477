"""Pictures: each frame (a page of a fax, a photo, a screenshot) is a page, its text read by OCR."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from assistant.parser import heif
from assistant.parser.dates import day_of
from assistant.parser.desk import Desk
from assistant.parser.failure import MANY_PIXELS, FileFailureError
from assistant.parser.kinds import media_brand
from assistant.parser.ocr import Eye
from assistant.parser.page import Page
from assistant.parser.protocol import Limits

_MOVES: Final = frozenset({"gif", "webp", "png", "avif"})
"""Kinds whose further frames are a film."""
_BROKEN: Final = (OSError, ValueError, SyntaxError, UnidentifiedImageError, EOFError, TypeError, IndexError, KeyError)
_EXIF: Final = 0x8769
_TAKEN: Final = 0x9003
_SAVED: Final = 0x0132
_OCR_PIXELS: Final = 25_000_000
_SMALL: Final = 900
"""A picture with its longer side below so many pixels is enlarged: Tesseract wants letters of 20 pixels and more."""


def read(content: bytes, kind: str, desk: Desk) -> Iterator[Page]:
    """Read the text of a picture. Raises FileFailureError."""
    picture = opened(content, desk.limits)
    desk.dated(_taken(picture))
    eye = Eye(limits=desk.limits)
    frames = 1 if kind in _MOVES else getattr(picture, "n_frames", 1)
    if frames > desk.limits.pages:
        raise FileFailureError("too_large")
    for index in range(frames):
        found = eye.read(for_reading(frame(picture, index)))
        yield Page(number=index + 1, text=found.text, words=found.words)


def _taken(picture: Image.Image) -> date | None:
    """When a photo was taken, by its Exif data."""
    try:
        known = picture.getexif()
        written = (known.get_ifd(_EXIF).get(_TAKEN), known.get(_SAVED))
    except (*_BROKEN, RuntimeError, struct.error):
        return None
    return day_of(*(one for one in written if isinstance(one, str)))


def opened(content: bytes, limits: Limits) -> Image.Image:
    """A picture file. Raises FileFailureError where it is none or has too many pixels."""
    with _failures():
        is_heif = media_brand(content) == "heic"
        picture = heif.opened(content, limits) if is_heif else Image.open(io.BytesIO(content))
    _check(picture, limits)
    return picture


def frame(picture: Image.Image, index: int) -> Image.Image:
    """One page of a picture file, upright, on white. Raises FileFailureError."""
    with _failures():
        picture.seek(index)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
            upright = ImageOps.autocontrast(upright.convert("F").point(lambda value: value / 257).convert("L"))
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        coloured = upright.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")


def for_reading(picture: Image.Image) -> Image.Image:
    """The picture in a size that Tesseract reads well, in reasonable time."""
    longer = max(picture.size)
    if longer < _SMALL:
        scale = min(2.0, _SMALL / longer)
    else:
        scale = min(1.0, (_OCR_PIXELS / (picture.width * picture.height)) ** 0.5)
    if scale == 1.0:
        return picture
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.LANCZOS)


@contextmanager
def _failures() -> Iterator[None]:
    """What Pillow raises, as reasons; what it only warns of is no reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise FileFailureError("too_large") from error
        except _BROKEN as error:
            raise FileFailureError("broken") from error


def _check(picture: Image.Image, limits: Limits) -> None:
    if picture.width * picture.height > limits.picture_pixels:
        raise FileFailureError("too_large", MANY_PIXELS)

"""Pictures inside documents and slides: those that are large enough to hold words are read, once, within limits."""

import hashlib
import io
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from PIL import Image

from assistant.parser import heif
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.images import for_reading, frame, opened
from assistant.parser.kinds import media_brand, media_type
from assistant.parser.ocr import Eye
from assistant.parser.page import Page

_LEAST_SIDE: Final = 60
_LEAST_PIXELS: Final = 40_000
"""Such as 400 × 100; smaller ones are logos, lines and bullets."""
_MOST_PICTURES: Final = 300
_PATIENCE_SECONDS: Final = 60.0
"""Without a page that can be handed on; the parser has to come forward."""
_LEAST_CONFIDENCE: Final = 55.0
"""Of the words on a slide's picture, out of 100; a photo of no text has words, too, that nobody wrote."""
_DRAWINGS: Final = frozenset({".emf", ".wmf", ".emz", ".wmz", ".svm"})
_DRAWING_BYTES: Final = 20_000
_TOO_MANY: Final = "This file has more pictures than Hearth reads in one file; some were not read for words on them."
_NOT_DRAWN: Final = "A drawing in this file is of a kind (EMF, WMF) that Hearth does not read for words on it."


class Gallery:
    """The pictures of one document."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._eye = Eye(limits=desk.limits)
        self._seen: set[bytes] = set()

    def pages(self, pictures: Iterable[tuple[str, bytes]]) -> Iterator[Page]:
        """A page for each picture with words on it, under the name of the picture."""
        told = time.monotonic()
        for name, content in pictures:
            if not self._is_worth(name, content):
                continue
            if time.monotonic() - told > _PATIENCE_SECONDS:
                self._desk.note(_TOO_MANY)
                return
            for page in self._desk.inside(PurePosixPath(name).name, content):
                if page.words:
                    yield page
                    told = time.monotonic()

    def words(self, pictures: Iterable[tuple[str, bytes]]) -> Iterator[str]:
        """The words on each of a slide's pictures that has any."""
        began = time.monotonic()
        if self._desk.wanted:
            return
        for name, content in pictures:
            if not self._is_worth(name, content):
                continue
            if time.monotonic() - began > _PATIENCE_SECONDS:
                self._desk.note(_TOO_MANY)
                return
            try:
                found = self._eye.read(for_reading(frame(opened(content, self._desk.limits), 0)))
            except FileFailureError as failure:
                self._desk.note(f"The picture “{PurePosixPath(name).name}” could not be read. {failure}")
                continue
            if found.text and found.confidence >= _LEAST_CONFIDENCE:
                yield found.text

    def _is_worth(self, name: str, content: bytes) -> bool:
        """Whether words may be on it that were not read yet."""
        if PurePosixPath(name).suffix.lower() in _DRAWINGS:
            if len(content) > _DRAWING_BYTES:
                self._desk.note(_NOT_DRAWN)
            return False
        digest = hashlib.sha256(content).digest()
        if digest in self._seen or not media_type(name).startswith("image/"):
            return False
        self._seen.add(digest)
        if len(self._seen) > _MOST_PICTURES:
            self._desk.note(_TOO_MANY)
            return False
        width, height = _size(content)
        return min(width, height) >= _LEAST_SIDE and width * height >= _LEAST_PIXELS


def _size(content: bytes) -> tuple[int, int]:
    """In pixels, as the picture's head says; nothing where it is none."""
    if media_brand(content) == "heic":
        return heif.size(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Image.open(io.BytesIO(content)).size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return (0, 0)

"""Photos as phones keep them, HEIC and HEIF: unpacked by a program of its own, which uses Debian's libheif.

What libheif stumbles over costs that program, not the file that the photo lies in. Turning is told twice in such a
file: its own properties count, which libheif follows, and the Exif data's where there are none.
"""

import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from PIL import Image

from assistant.parser import heif_decoder as decoder
from assistant.parser.failure import MANY_PIXELS, FileFailureError, unpackable_photo
from assistant.parser.protocol import Limits

_SHARE: Final = 3
"""Unpacking may take this part of a page's time, and a half of the memory: reading comes after it."""
_LEAST_SECONDS: Final = 0.1
_ORIENTATION: Final = 0x0112
_SAVED: Final = 0x0132
_EXIF: Final = 0x8769
_TAKEN: Final = 0x9003
_TURNS: Final = (b"irot", b"imir")
"""The properties that turn and mirror."""
_BOX: Final = struct.Struct(">I4s")
_SIZE: Final = struct.Struct(">II")
_BAD_EXIF: Final = (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, RuntimeError, struct.error)


def size(content: bytes) -> tuple[int, int]:
    """The size of the largest picture that the file's head names; nothing where it names none."""
    meta = _meta(content)
    sizes = [(0, 0)]
    at = meta.find(b"ispe")
    while at >= 0 and len(meta) >= at + 16:
        sizes.append(_SIZE.unpack_from(meta, at + 8))
        at = meta.find(b"ispe", at + 4)
    return max(sizes, key=lambda one: one[0] * one[1])


def opened(content: bytes, limits: Limits) -> Image.Image:
    """The photo that the file is about, with its date. Raises FileFailureError."""
    wide, high = size(content)
    if wide * high > limits.picture_pixels:
        raise FileFailureError("too_large", MANY_PIXELS)
    unpacked = _unpacked(content, limits)
    width, height, depth, exif_bytes = decoder.HEAD.unpack_from(unpacked)
    start = decoder.HEAD.size + exif_bytes
    if len(unpacked) != start + width * height * depth:
        raise FileFailureError("broken")
    mode = "RGBA" if depth == 4 else "RGB"
    picture = Image.frombytes(mode, (width, height), memoryview(unpacked)[start:])
    is_turned = any(turn in _meta(content) for turn in _TURNS)
    if exif := _kept(unpacked[decoder.HEAD.size : start], is_turned=is_turned):
        picture.info["exif"] = exif.tobytes()
    return picture


def _unpacked(content: bytes, limits: Limits) -> bytes:
    """What the program says. Raises FileFailureError."""
    arguments = [str(limits.picture_pixels), str(limits.memory_bytes // 2)]
    try:
        done = subprocess.run(
            # Alone with Python's own library: a module of ours has the name of one of them.
            [sys.executable, "-I", "-S", decoder.__file__, *arguments],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max(limits.page_seconds / _SHARE, _LEAST_SECONDS),
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired as error:
        raise FileFailureError("timeout") from error
    except OSError as error:
        raise unpackable_photo(has_library=False) from error
    match done.returncode:
        case 0 if len(done.stdout) >= decoder.HEAD.size:
            return done.stdout
        case decoder.TOO_LARGE:
            raise FileFailureError("too_large", MANY_PIXELS)
        case decoder.NO_DECODER | decoder.OTHERWISE_PACKED:
            raise unpackable_photo(has_library=done.returncode == decoder.OTHERWISE_PACKED)
    raise FileFailureError("broken")


def _kept(told: bytes, *, is_turned: bool) -> Image.Exif:
    """When the photo was taken and, where nobody has turned it yet, how to; empty where the data is damaged."""
    kept = Image.Exif()
    try:
        known = Image.Exif()
        known.load(told)
        orientation, taken, saved = known.get(_ORIENTATION), known.get_ifd(_EXIF).get(_TAKEN), known.get(_SAVED)
    except _BAD_EXIF:
        return kept
    if not is_turned and isinstance(orientation, int) and 1 < orientation <= 8:
        kept[_ORIENTATION] = orientation
    for date in (taken, saved):
        if isinstance(date, str):
            kept[_SAVED] = date
            break
    return kept


def _meta(content: bytes) -> bytes:
    """The box of a file that says what is in it; empty where there is none."""
    return next((box for name, box in _boxes(content) if name == b"meta"), b"")


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes at the top of a file: name and content."""
    at = 0
    while at + 16 <= len(content):
        length, name = _BOX.unpack_from(content, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, at + 8)
        elif length == 0:
            length = len(content) - at
        if length < _BOX.size:
            return
        yield name, content[at + _BOX.size : at + length]
        at += length

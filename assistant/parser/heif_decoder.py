"""A program of its own that unpacks one HEIF photo with Debian's libheif: the file comes in, plain pixels go out.

It is started by heif.py as a file, imports nothing of ours, and shares the limits of the parser that starts it. What
goes out: four numbers (width, height, bytes of a pixel, bytes of Exif data), the Exif data, the rows from the top.
libheif turns and mirrors the picture as the file's own properties say.
"""

import ctypes
import resource
import struct
import sys
from contextlib import suppress
from typing import Any, BinaryIO, Final

HEAD: Final = struct.Struct(">IIII")
BROKEN: Final = 10
TOO_LARGE: Final = 11
OTHERWISE_PACKED: Final = 12
NO_DECODER: Final = 13
"""How this program ends where it has no picture."""

_LIBRARY: Final = "libheif.so.1"
_HEVC: Final = 1
_RGB: Final = 1
_INTERLEAVED_RGB: Final = 10
_INTERLEAVED_RGBA: Final = 11
_INTERLEAVED: Final = 10
_ENDS: Final = {3: OTHERWISE_PACKED, 4: OTHERWISE_PACKED, 6: TOO_LARGE}
"""By heif_error_code: unsupported file type, unsupported feature, memory or a limit; any other is damage."""
_EXIF_BYTES: Final = 1_000_000
_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int


class _Error(ctypes.Structure):
    _fields_ = (("code", _INT), ("subcode", _INT), ("message", ctypes.c_char_p))


class EndError(Exception):
    """There is no picture, for the reason of this number."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


_CALLS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "heif_init": (_Error, (_POINTER,)),
    "heif_have_decoder_for_format": (_INT, (_INT,)),
    "heif_context_alloc": (_POINTER, ()),
    "heif_context_set_max_decoding_threads": (None, (_POINTER, _INT)),
    "heif_context_read_from_memory_without_copy": (_Error, (_POINTER, ctypes.c_char_p, ctypes.c_size_t, _POINTER)),
    "heif_context_get_primary_image_handle": (_Error, (_POINTER, _POINTER)),
    "heif_image_handle_get_width": (_INT, (_POINTER,)),
    "heif_image_handle_get_height": (_INT, (_POINTER,)),
    "heif_image_handle_has_alpha_channel": (_INT, (_POINTER,)),
    "heif_image_handle_get_list_of_metadata_block_IDs": (_INT, (_POINTER, ctypes.c_char_p, _POINTER, _INT)),
    "heif_image_handle_get_metadata_size": (ctypes.c_size_t, (_POINTER, ctypes.c_uint32)),
    "heif_image_handle_get_metadata": (_Error, (_POINTER, ctypes.c_uint32, _POINTER)),
    "heif_decode_image": (_Error, (_POINTER, _POINTER, _INT, _INT, _POINTER)),
    "heif_image_get_width": (_INT, (_POINTER, _INT)),
    "heif_image_get_height": (_INT, (_POINTER, _INT)),
    "heif_image_get_plane_readonly": (_POINTER, (_POINTER, _INT, _POINTER)),
}
"""What libheif's functions answer and take, as in its libheif/heif.h; the same from 1.13 on."""


def main() -> int:
    """Unpack the photo on standard input; its most pixels and our most memory in bytes are the two arguments."""
    pixels, memory_bytes = map(int, sys.argv[1:3])
    with suppress(ValueError, OSError):  # the systemd unit has set a limit already
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        _unpack(_library(), sys.stdin.buffer.read(), pixels, sys.stdout.buffer)
    except EndError as end:
        return end.status
    except MemoryError:
        return TOO_LARGE
    return 0


def _library() -> ctypes.CDLL:
    try:
        heif = ctypes.CDLL(_LIBRARY)
        for name, (answer, takes) in _CALLS.items():
            function = getattr(heif, name)
            function.restype, function.argtypes = answer, takes
    except (OSError, AttributeError) as error:
        raise EndError(NO_DECODER) from error
    heif.heif_init(None)
    if not heif.heif_have_decoder_for_format(_HEVC):
        raise EndError(NO_DECODER)
    return heif


def _checked(error: _Error) -> None:
    if error.code:
        raise EndError(_ENDS.get(error.code, BROKEN))


def _unpack(heif: ctypes.CDLL, content: bytes, most_pixels: int, out: BinaryIO) -> None:
    context = heif.heif_context_alloc()
    heif.heif_context_set_max_decoding_threads(context, 0)
    _checked(heif.heif_context_read_from_memory_without_copy(context, content, len(content), None))
    photo = _POINTER()
    _checked(heif.heif_context_get_primary_image_handle(context, ctypes.byref(photo)))
    width, height = heif.heif_image_handle_get_width(photo), heif.heif_image_handle_get_height(photo)
    _check_size(width, height, most_pixels)
    depth = 4 if heif.heif_image_handle_has_alpha_channel(photo) else 3
    exif = _exif(heif, photo)
    layout = _INTERLEAVED_RGBA if depth == 4 else _INTERLEAVED_RGB
    picture = _POINTER()
    _checked(heif.heif_decode_image(photo, ctypes.byref(picture), _RGB, layout, None))
    width, height = heif.heif_image_get_width(picture, _INTERLEAVED), heif.heif_image_get_height(picture, _INTERLEAVED)
    _check_size(width, height, most_pixels)
    stride = _INT()
    plane = heif.heif_image_get_plane_readonly(picture, _INTERLEAVED, ctypes.byref(stride))
    if not plane or stride.value < width * depth:
        raise EndError(BROKEN)
    out.write(HEAD.pack(width, height, depth, len(exif)))
    out.write(exif)
    out.writelines(ctypes.string_at(plane + row * stride.value, width * depth) for row in range(height))
    out.flush()


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width < 1 or height < 1:
        raise EndError(BROKEN)
    if width * height > most_pixels:
        raise EndError(TOO_LARGE)


def _exif(heif: ctypes.CDLL, photo: ctypes.c_void_p) -> bytes:
    """The photo's Exif data as in a file of TIFF; empty where there is none worth the name."""
    number = ctypes.c_uint32()
    if heif.heif_image_handle_get_list_of_metadata_block_IDs(photo, b"Exif", ctypes.byref(number), 1) < 1:
        return b""
    size = heif.heif_image_handle_get_metadata_size(photo, number)
    if not 4 < size <= _EXIF_BYTES:
        return b""
    block = ctypes.create_string_buffer(size)
    if heif.heif_image_handle_get_metadata(photo, number, block).code:
        return b""
    (skipped,) = struct.unpack(">I", block.raw[:4])
    return block.raw[4 + skipped :]


if __name__ == "__main__":
    sys.exit(main())

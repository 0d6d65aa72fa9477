"""Frames between the assistant and the embedding process: a length, a JSON header, the bytes it announces."""

import json
import struct
from typing import Any, Final

LENGTH: Final = struct.Struct("!I")
"""How many bytes of JSON follow."""
FRAME_BYTES: Final = 16 * 1024 * 1024
"""No frame is longer."""


class FrameError(Exception):
    """What came is no frame."""


def encode_frame(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """A frame ready to send; the header says how long the payload is."""
    encoded = json.dumps({**header, "payload_bytes": len(payload)}, ensure_ascii=False).encode("utf-8")
    return LENGTH.pack(len(encoded)) + encoded + payload


def header_length(prefix: bytes) -> int:
    """How long the header is. Raises FrameError where nobody would send one so long."""
    (length,) = LENGTH.unpack(prefix)
    return _checked(int(length))


def decode_header(encoded: bytes) -> tuple[dict[str, Any], int]:
    """A header and how many bytes of payload follow it. Raises FrameError."""
    try:
        header = json.loads(encoded)
        return header, _checked(int(header["payload_bytes"]))
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError("not a header") from error


def _checked(length: int) -> int:
    if not 0 <= length <= FRAME_BYTES:
        raise FrameError("a frame too long")
    return length

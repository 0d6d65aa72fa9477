"""The RTF body of an Outlook message, which is packed ([MS-OXRTFCP])."""

import struct
from typing import Final

_DICTIONARY: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_RING: Final = 4096
_MOST_BYTES: Final = 50_000_000


def decompressed(packed: bytes) -> bytes:
    """The RTF file inside. Raises struct.error or IndexError where the bytes are none."""
    _size, raw_size, kind = struct.unpack_from("<III", packed, 0)
    if kind == 0x414C454D:  # "MELA": not packed
        return packed[16 : 16 + raw_size]
    ring = bytearray(_DICTIONARY.ljust(_RING, b" "))
    write = len(_DICTIONARY)
    out = bytearray()
    at = 16
    while at < len(packed) and len(out) < min(raw_size, _MOST_BYTES):
        flags = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed):
                break
            if flags >> bit & 1:
                offset, length = divmod(int.from_bytes(packed[at : at + 2], "big"), 16)
                at += 2
                if offset == write % _RING:
                    return bytes(out)
                copied = range(offset, offset + length + 2)
            else:
                ring[write % _RING] = packed[at]
                copied = range(write, write + 1)
                at += 1
            for source in copied:
                byte = ring[source % _RING]
                out.append(byte)
                ring[write % _RING] = byte
                write += 1
    return bytes(out)

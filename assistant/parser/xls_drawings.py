"""The text boxes and comments of an XLS workbook ([MS-XLS] TxO), which no cell holds."""

import struct
from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import Block

_TEXT_OBJECT, _CONTINUE = 0x01B6, 0x003C
_HEADER: Final = struct.Struct("<HH")
_LENGTH_AT: Final = 10
_IS_WIDE: Final = 1


def drawn_text(workbook: bytes) -> Iterator[Block]:
    """The text of each text box and comment in the order of the stream."""
    at = 0
    wanted = 0
    text = ""
    while at + _HEADER.size <= len(workbook):
        kind, size = _HEADER.unpack_from(workbook, at)
        body = workbook[at + _HEADER.size : at + _HEADER.size + size]
        at += _HEADER.size + size
        if kind == _TEXT_OBJECT and len(body) >= _LENGTH_AT + 2:
            wanted = int.from_bytes(body[_LENGTH_AT : _LENGTH_AT + 2], "little")
            text = ""
        elif kind == _CONTINUE and wanted and body:
            text += body[1:].decode("utf-16-le" if body[0] & _IS_WIDE else "latin-1", "replace")
            if len(text) >= wanted:
                yield Block(text=text[:wanted])
                wanted = 0
        elif kind != _CONTINUE:
            wanted = 0

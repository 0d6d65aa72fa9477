"""winmail.dat: what Outlook packs attachments in, its own way ([MS-OXTNEF]); each attachment is read under its name."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page

_HEAD: Final = 6
_RECORD: Final = struct.Struct("<BII")
_CHECKSUM_BYTES: Final = 2


class _Known(IntEnum):
    """Of the attributes, those that are read."""

    SUBJECT = 0x00018004
    BODY = 0x0002800C
    NEXT_FILE = 0x00069002
    TITLE = 0x00018010
    DATA = 0x0006800F


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read the words and the attachments of a winmail.dat. Raises FileFailureError."""
    words: list[Block] = []
    files: list[tuple[str, bytes]] = []
    name, is_nameless = "", False  # a name may stand before its file or behind it
    for kind, value in _records(content):
        match kind:
            case _Known.SUBJECT | _Known.BODY:
                words.append(Block(text=_text(value), level=1 if kind == _Known.SUBJECT else None))
            case _Known.NEXT_FILE:
                name, is_nameless = "", False
            case _Known.TITLE:
                name = _text(value)
                if is_nameless:
                    files[-1] = (name, files[-1][1])
                    is_nameless = False
            case _Known.DATA:
                desk.unpack(len(value))
                files.append((name, value))
                is_nameless = not name
    yield from paged(words)
    for number, (known, each) in enumerate(files, start=1):
        yield from desk.inside(known or f"attachment {number}", each)


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEAD
    while at + _RECORD.size <= len(content):
        _level, kind, length = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        if at + length > len(content):
            raise FileFailureError("broken")
        yield kind, content[at : at + length]
        at += length + _CHECKSUM_BYTES


def _text(value: bytes) -> str:
    return value.rstrip(b"\x00").decode("cp1252", "replace").replace("\r\n", "\n")

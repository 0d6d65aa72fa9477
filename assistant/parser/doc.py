"""DOC: Word 6 to 2003. The text is in pieces ([MS-DOC] 2.4.1); style numbers 1 to 9 are the headings."""

import bisect
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError
from assistant.parser.locked_old import opened_word
from assistant.parser.ole import Streams
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks

_WORD_97: Final = 0x65
_ENCRYPTED, _FIRST_TABLE = 0x0100, 0x0200
_COUNTS: Final = 0x4C
_PIECES: Final = 0x1A2
_PARAGRAPHS: Final = 0x102
_COMPRESSED: Final = 0x40000000
_SECTOR: Final = 512
_PARTS: Final = (None, "Footnotes", "Headers and footers", None, "Comments", "Endnotes", "Text boxes", None)
"""What follows the main text, in this order."""
_CELL: Final = "\x07"
_ENDS: Final = "\r\f"
_DROPPED: Final = str.maketrans(
    {"\x01": None, "\x02": None, "\x05": None, "\x08": None, "\x1f": None, "\x1e": "-", "\x0b": "\n", "\x0e": "\n"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Characters from `start` on, which lie at `offset` of the stream."""

    start: int
    end: int
    offset: int
    width: int


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a Word document and the files embedded in it. Raises FileFailureError."""
    streams = Streams(content, desk)
    main = streams.stream("WordDocument")
    try:
        yield from paged(_document(streams, main, desk))
    except (struct.error, IndexError) as error:
        raise FileFailureError("broken") from error
    yield from streams.embedded()


def _document(streams: Streams, main: bytes, desk: Desk) -> Iterator[Block]:
    version, flags = struct.unpack_from("<H", main, 2)[0], struct.unpack_from("<H", main, 10)[0]
    if flags & _ENCRYPTED and version < _WORD_97:
        raise FileFailureError("locked", NO_KEY)
    if version < _WORD_97:
        start, end = struct.unpack_from("<II", main, 24)
        yield from _blocks(main[start:end].decode("cp1252", "replace"), {})
        return
    table = streams.stream("1Table" if flags & _FIRST_TABLE else "0Table")
    if flags & _ENCRYPTED:
        main, table = opened_word(main, table, desk)
    pieces = _pieces(main, table)
    counts = struct.unpack_from("<8I", main, _COUNTS)
    at = 0
    for title, count in zip(_PARTS, counts, strict=True):
        text = _text(main, pieces, at, at + count)
        levels = _levels(main, table, pieces, at, at + count) if not at else {}
        at += count
        if title and text.strip():
            yield Block(text=title, level=9)
        yield from _blocks(text, levels)


def _pieces(main: bytes, table: bytes) -> list[_Piece]:
    at, size = struct.unpack_from("<II", main, _PIECES)
    clx = table[at : at + size]
    index = 0
    while index < len(clx) and clx[index] == 1:
        index += 3 + struct.unpack_from("<H", clx, index + 1)[0]
    if index >= len(clx) or clx[index] != 2:
        raise FileFailureError("broken")
    count = (struct.unpack_from("<I", clx, index + 1)[0] - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", clx, index + 5)
    found: list[_Piece] = []
    for number in range(count):
        (code,) = struct.unpack_from("<I", clx, index + 5 + 4 * (count + 1) + 8 * number + 2)
        narrow = bool(code & _COMPRESSED)
        offset = (code & ~_COMPRESSED & 0xFFFFFFFF) // (2 if narrow else 1)
        found.append(_Piece(start=bounds[number], end=bounds[number + 1], offset=offset, width=1 if narrow else 2))
    return found


def _text(main: bytes, pieces: list[_Piece], start: int, end: int) -> str:
    parts: list[str] = []
    for piece in pieces:
        first, last = max(piece.start, start), min(piece.end, end)
        if first < last:
            at = piece.offset + (first - piece.start) * piece.width
            raw = main[at : at + (last - first) * piece.width]
            parts.append(raw.decode("cp1252" if piece.width == 1 else "utf-16-le", "replace"))
    return "".join(parts)


def _levels(main: bytes, table: bytes, pieces: list[_Piece], start: int, end: int) -> dict[int, int]:
    """The character at which each heading begins, with its level."""
    runs = _heading_runs(main, table)
    offsets = [run[0] for run in runs]
    levels: dict[int, int] = {}
    for piece in pieces:
        for number in range(max(bisect.bisect_right(offsets, piece.offset) - 1, 0), len(runs)):
            first, last, level = runs[number]
            at = piece.start + (max(first, piece.offset) - piece.offset) // piece.width
            if at >= piece.end:
                break
            if last > piece.offset and start <= at < end:
                levels[at] = level
    return levels


def _heading_runs(main: bytes, table: bytes) -> list[tuple[int, int, int]]:
    """Where in the stream headings lie: (first byte, byte behind, level), in order."""
    at, size = struct.unpack_from("<II", main, _PARAGRAPHS)
    count = max(size - 4, 0) // 8
    runs: list[tuple[int, int, int]] = []
    for number in struct.unpack_from(f"<{count}I", table, at + 4 * (count + 1)) if count else ():
        sector = main[(number & 0x3FFFFF) * _SECTOR :][:_SECTOR]
        if len(sector) < _SECTOR:
            continue
        most = sector[-1]
        bounds = struct.unpack_from(f"<{most + 1}I", sector, 0)
        for index in range(most):
            style = _style(sector, sector[4 * (most + 1) + 13 * index] * 2)
            if 1 <= style <= 9:
                runs.append((bounds[index], bounds[index + 1], style + 1))
    return sorted(runs)


def _style(sector: bytes, at: int) -> int:
    if not at:
        return 0
    at += 1 if sector[at] else 2
    return int.from_bytes(sector[at : at + 2], "little")


def _blocks(text: str, levels: dict[int, int]) -> Iterator[Block]:
    """Paragraphs end with a carriage return, cells with a bell, rows with an empty cell, pages with a form feed."""
    rows: list[list[str]] = []
    row: list[str] = []
    paragraph: list[str] = []
    begun, new_page = 0, False
    for at, character in [*_visible(text), (len(text), "\r")]:
        if character == _CELL:
            if row and not paragraph:
                rows.append(row)
                row = []
            else:
                row.append("".join(paragraph))
        elif character in _ENDS and row:
            paragraph.append(" ")
            continue
        elif character in _ENDS:
            if rows and paragraph:
                yield from row_blocks(rows)
                rows = []
            if paragraph:
                yield Block(text="".join(paragraph), level=levels.get(begun), new_page=new_page)
                new_page = False
            new_page = new_page or character == "\f"
        else:
            begun = begun if paragraph else at
            paragraph.append(character)
            continue
        paragraph = []
    yield from row_blocks([*rows, *([row] if row else [])])


def _visible(text: str) -> Iterator[tuple[int, str]]:
    """Each character that is shown, with its place: of a field only what it shows, not what computes it."""
    computing: list[bool] = []
    for at, character in enumerate(text):
        match character:
            case "\x13":
                computing.append(True)
            case "\x14" if computing:
                computing[-1] = False
            case "\x15" if computing:
                computing.pop()
            case _ if not any(computing):
                shown = character.translate(_DROPPED)
                if shown:
                    yield at, shown

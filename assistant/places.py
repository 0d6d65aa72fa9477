"""Where each word of a scanned page stands, packed as the database keeps it: six numbers of 32 bits a word."""

import struct
from collections.abc import Sequence
from typing import Final, TypeAlias

from assistant.parser.page import Word

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in parts of the page's size, as in parser.page.FULL."""

_WORD: Final = struct.Struct("<6I")
_MOST_BOXES: Final = 1_500
"""More words are marked as their lines; a request to the parser has its limit."""


def packed(words: Sequence[Word]) -> bytes | None:
    """The places of a page's words; None for a page that is no scan."""
    if not words:
        return None
    return b"".join(_WORD.pack(one.start, one.end, one.left, one.top, one.right, one.bottom) for one in words)


def boxes_between(places: bytes, start: int, end: int) -> tuple[Box, ...]:
    """The boxes of the words that characters [start, end) touch, neighbours joined where they would be too many."""
    boxes = [
        (left, top, right, bottom)
        for first, last, left, top, right, bottom in _WORD.iter_unpack(places)
        if first < end and last > start
    ]
    if len(boxes) > _MOST_BOXES:
        step = -(-len(boxes) // _MOST_BOXES)
        boxes = [_around(boxes[at : at + step]) for at in range(0, len(boxes), step)]
    return tuple(boxes)


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)

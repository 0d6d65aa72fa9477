"""PPT: PowerPoint 97 to 2003. Each slide is a page: its outline, its boxes, then the speaker's notes ([MS-PPT])."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError
from assistant.parser.locked_old import key_for
from assistant.parser.ole import Streams
from assistant.parser.page import Page

_DOCUMENT, _LIST, _PERSIST, _SLIDE, _NOTES = 0x03E8, 0x0FF0, 0x03F3, 0x03EE, 0x03F0
_HEADER, _CHARACTERS, _BYTES = 0x0F9F, 0x0FA0, 0x0FA8
_EDIT: Final = 0x0FF5
_EDIT_LOCKED_BYTES: Final = 32
"""An edit of a locked presentation ends with the number of the object that is its lock."""
_ENCRYPTED: Final = 0xF3D1C4DF
_TITLES: Final = frozenset({0, 6})
_SLIDES, _NOTES_LIST = 0, 2
_CONTAINER: Final = 0xF
_DEEPEST: Final = 40
_MOST_EDITS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A record of the stream: its body is [start, end)."""

    kind: int
    instance: int
    is_container: bool
    start: int
    end: int


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a presentation and the files embedded in it. Raises FileFailureError."""
    streams = Streams(content, desk)
    stream = streams.stream("PowerPoint Document")
    current = streams.stream("Current User")
    if len(current) >= 20 and struct.unpack_from("<I", current, 12)[0] == _ENCRYPTED:
        stream = _opened(stream, current, desk)
    try:
        slides = list(_slides(stream, current))
    except (struct.error, IndexError, KeyError):
        slides = []
    if not slides:
        desk.note("This presentation is damaged, so its text was read without its slides.")
        slides = [list(_texts(stream, 0, len(stream)))]
    for number, blocks in enumerate(slides, start=1):
        yield next(paged(blocks, by_size=False), Page(number=number, text=""))
    yield from streams.embedded()


def _opened(stream: bytes, current: bytes, desk: Desk) -> bytes:
    """A locked presentation in plain: every object is encrypted for itself ([MS-PPT] 2.3.7), but that of the lock."""
    plain = bytearray(stream)
    try:
        edit = _record(stream, struct.unpack_from("<I", current, 16)[0])
        offsets, _document = _persisted(stream, edit.start - 8)
        if edit.end - edit.start < _EDIT_LOCKED_BYTES:
            raise FileFailureError("locked", NO_KEY)
        (lock,) = struct.unpack_from("<I", stream, edit.start + _EDIT_LOCKED_BYTES - 4)
        info = _record(stream, offsets.pop(lock))
        key = key_for(stream[info.start : info.end], desk)
        for number, at in offsets.items():
            (length,) = struct.unpack_from("<I", key.opened(stream[at : at + 8], number), 4)
            whole = stream[at : at + 8 + length]
            desk.unpack(len(whole))
            plain[at : at + len(whole)] = key.opened(whole, number)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise FileFailureError("broken") from error
    return bytes(plain)


def _slides(stream: bytes, current: bytes) -> Iterator[list[Block]]:
    """The blocks of each slide in the order in which they are shown."""
    offsets, document = _persisted(stream, struct.unpack_from("<I", current, 16)[0])
    whole = _record(stream, offsets[document])
    notes: dict[int, list[Block]] = {}
    lists = {one.instance: one for one in _inside(stream, whole.start, whole.end) if one.kind == _LIST}
    for reference, _identifier, _outline in _entries(stream, lists.get(_NOTES_LIST)):
        note = _record(stream, offsets[reference])
        atom = next(_inside(stream, note.start, note.end))
        (of_slide,) = struct.unpack_from("<I", stream, atom.start)
        notes[of_slide] = list(_texts(stream, note.start, note.end))
    for reference, slide_id, outline in _entries(stream, lists.get(_SLIDES)):
        slide = _record(stream, offsets[reference])
        blocks = [*outline, *_texts(stream, slide.start, slide.end)]
        said = notes.get(slide_id, [])
        yield [*blocks, *([Block(text="Speaker notes", level=2), *said] if said else [])]


def _persisted(stream: bytes, edit: int) -> tuple[dict[int, int], int]:
    """Where each object lies since the last save, and which of them is the document."""
    offsets: dict[int, int] = {}
    document = 0
    for _ in range(_MOST_EDITS):
        record = _record(stream, edit)
        if record.kind != _EDIT:
            raise KeyError(edit)
        before, directory, named = struct.unpack_from("<III", stream, record.start + 8)
        document = document or named
        for number, offset in _directory(stream, _record(stream, directory)):
            offsets.setdefault(number, offset)
        if not before or before >= edit:
            break
        edit = before
    return offsets, document


def _directory(stream: bytes, record: _Record) -> Iterator[tuple[int, int]]:
    at = record.start
    while at + 4 <= record.end:
        (head,) = struct.unpack_from("<I", stream, at)
        first, count = head & 0xFFFFF, head >> 20
        for index, offset in enumerate(struct.unpack_from(f"<{count}I", stream, at + 4)):
            yield first + index, offset
        at += 4 + 4 * count


def _entries(stream: bytes, listed: _Record | None) -> Iterator[tuple[int, int, list[Block]]]:
    """The object, the identifier and the outline's text of each slide in a list."""
    if listed is None:
        return
    entry: tuple[int, int, list[Block]] | None = None
    is_title = False
    for record in _inside(stream, listed.start, listed.end):
        if record.kind == _PERSIST:
            if entry:
                yield entry
            reference, _flags, _count, identifier = struct.unpack_from("<4I", stream, record.start)
            entry = (reference, identifier, [])
        elif record.kind == _HEADER:
            is_title = struct.unpack_from("<I", stream, record.start)[0] in _TITLES
        elif entry and record.kind in {_CHARACTERS, _BYTES}:
            entry[2].extend(_blocks(stream, record, is_title=is_title))
    if entry:
        yield entry


def _texts(stream: bytes, start: int, end: int, depth: int = 0) -> Iterator[Block]:
    """All text below a record."""
    for record in _inside(stream, start, end):
        if record.is_container and depth < _DEEPEST:
            yield from _texts(stream, record.start, record.end, depth + 1)
        elif record.kind in {_CHARACTERS, _BYTES}:
            yield from _blocks(stream, record, is_title=False)


def _blocks(stream: bytes, record: _Record, *, is_title: bool) -> Iterator[Block]:
    raw = stream[record.start : record.end]
    text = raw.decode("utf-16-le" if record.kind == _CHARACTERS else "latin-1", "replace").replace("\x0b", "\n")
    if is_title and text.strip():
        yield Block(text=text.replace("\r", " "), level=1)
    elif text.strip("*\r\n "):  # a lone asterisk stands for the slide's number or date
        yield from (Block(text=line, tight=True) for line in text.split("\r"))


def _inside(stream: bytes, start: int, end: int) -> Iterator[_Record]:
    while start + 8 <= end:
        record = _record(stream, start)
        yield record
        start = record.end


def _record(stream: bytes, at: int) -> _Record:
    version, kind, length = struct.unpack_from("<HHI", stream, at)
    end = min(at + 8 + length, len(stream))
    return _Record(kind=kind, instance=version >> 4, is_container=version & 0xF == _CONTAINER, start=at + 8, end=end)

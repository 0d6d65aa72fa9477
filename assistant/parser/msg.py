"""MSG: a message that Outlook saved, with its attachments and the messages inside it ([MS-OXMSG])."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from assistant.parser.compressed_rtf import decompressed
from assistant.parser.dates import day_of
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.html import characters
from assistant.parser.letter import Attachment, Letter, letter_pages
from assistant.parser.ole import Streams
from assistant.parser.page import Page
from assistant.parser.rtf import plain_of

_SUBJECT, _SENDER, _SENDER_MAIL, _SENDER_SMTP = 0x0037, 0x0C1A, 0x0C1F, 0x5D01
_TO, _CC, _SENT, _RECEIVED = 0x0E04, 0x0E03, 0x0039, 0x0E06
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_DATA, _LONG_NAME, _NAME, _TITLE, _MIME = 0x3701, 0x3707, 0x3704, 0x3001, 0x370E
_ENCODING: Final = 0x3FFD
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_UTF_8: Final = 65001
_EMBEDDED: Final = f"__substg1.0_{_DATA:04X}000D"


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a message of Outlook. Raises FileFailureError."""
    streams = Streams(content, desk)
    yield from _message(streams, (), desk)


def _message(streams: Streams, folder: tuple[str, ...], desk: Desk) -> Iterator[Page]:
    properties = _Properties(streams, folder, header_bytes=24 if folder else 32)
    sender = properties.text(_SENDER)
    address = properties.text(_SENDER_SMTP) or properties.text(_SENDER_MAIL)
    html = properties.binary(_HTML)
    sent = properties.moment(_SENT) or properties.moment(_RECEIVED)
    if not folder:
        desk.dated(day_of(sent))
    attachments, nested = _attachments(streams, folder)
    letter = Letter(
        subject=properties.text(_SUBJECT),
        details=[
            ("From", f"{sender} <{address}>" if address and address != sender else sender),
            ("To", properties.text(_TO)),
            ("Cc", properties.text(_CC)),
            ("Date", sent),
        ],
        plain=properties.text(_BODY) or _from_rtf(properties.binary(_RTF)),
        html=characters(html) if html else properties.text(_HTML),
        attachments=attachments,
    )
    yield from letter_pages(letter, desk)
    for inner in nested:
        if len(inner) // 2 > desk.limits.depth:
            desk.note("A message lies too deep inside others and was not read.")
        else:
            yield from _message(streams, inner, desk)


def _attachments(streams: Streams, folder: tuple[str, ...]) -> tuple[list[Attachment], list[tuple[str, ...]]]:
    """The files attached to a message, and where the messages attached to it lie."""
    depth = len(folder)
    places = dict.fromkeys(
        path[: depth + 1]
        for path in streams.paths
        if path[:depth] == folder and len(path) > depth + 1 and path[depth].startswith("__attach")
    )
    files: list[Attachment] = []
    messages: list[tuple[str, ...]] = []
    for place in places:
        properties = _Properties(streams, place, header_bytes=8)
        inner = (*place, _EMBEDDED)
        if any(path[: len(inner)] == inner for path in streams.paths):
            messages.append(inner)
            continue
        name = properties.text(_LONG_NAME) or properties.text(_NAME) or properties.text(_TITLE) or "attachment"
        content = properties.binary(_DATA)
        if content:
            files.append(Attachment(name=name, content=content, media_type=properties.text(_MIME)))
    return files, messages


class _Properties:
    """The properties of a message, an attachment or a recipient."""

    def __init__(self, streams: Streams, folder: tuple[str, ...], *, header_bytes: int) -> None:
        self._streams = streams
        self._folder = folder
        self._fixed = streams.stream(*folder, "__properties_version1.0")[header_bytes:]

    def text(self, tag: int) -> str:
        """A property's words; empty where there is none."""
        wide = self._stream(tag, 0x001F)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        return self._stream(tag, 0x001E).decode(self._encoding(), "replace").rstrip("\x00")

    def binary(self, tag: int) -> bytes:
        """A property's bytes; empty where there is none."""
        return self._stream(tag, 0x0102)

    def moment(self, tag: int) -> str:
        """A property that is a time, in UTC; empty where there is none."""
        ticks = self._number(tag)
        if not 0 < ticks < 2**62:
            return ""
        try:
            return (_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%d %H:%M UTC")
        except OverflowError:
            return ""

    def _stream(self, tag: int, kind: int) -> bytes:
        return self._streams.stream(*self._folder, f"__substg1.0_{tag:04X}{kind:04X}")

    def _number(self, tag: int) -> int:
        for at in range(0, len(self._fixed) - 15, 16):
            found, value = struct.unpack_from("<I4xQ", self._fixed, at)
            if found >> 16 == tag:
                return int(value)
        return 0

    def _encoding(self) -> str:
        page = self._number(_ENCODING) & 0xFFFFFFFF
        try:
            return "utf-8" if page == _UTF_8 else "".encode(f"cp{page}").decode() or f"cp{page}"
        except LookupError:
            return "cp1252"


def _from_rtf(packed: bytes) -> str:
    if not packed:
        return ""
    try:
        return plain_of(decompressed(packed))
    except (FileFailureError, IndexError, struct.error):
        return ""

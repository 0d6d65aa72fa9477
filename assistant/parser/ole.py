"""The compound files (OLE) of the older Office programs and of Outlook: their streams, and files embedded in them."""

import io
from collections.abc import Iterator
from typing import Final

import olefile

from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError
from assistant.parser.kinds import UNKNOWN
from assistant.parser.locked_office import opened_package
from assistant.parser.page import Page

_NATIVE: Final = "\x01Ole10Native"
_WHOLE: Final = frozenset({"Package", "package", "CONTENTS"})
_PROGRAMS: Final = frozenset({"WordDocument", "Workbook", "Book", "PowerPoint Document"})


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a newer Office file that is locked, else the files in a compound file of no known kind.

    Raises FileFailureError.
    """
    streams = Streams(content, desk)
    if streams.has("EncryptedPackage"):
        package = opened_package(streams.stream("EncryptionInfo"), streams.stream("EncryptedPackage"), desk)
        yield from desk.read(Source(content=package, media_type=UNKNOWN), desk)
        return
    yield from streams.embedded()


class Streams:
    """The streams of a compound file by their path. Raises FileFailureError where it is none, or encrypted."""

    def __init__(self, content: bytes, desk: Desk) -> None:
        self._desk = desk
        try:
            self._file = olefile.OleFileIO(io.BytesIO(content))
            self.paths: Final = tuple(tuple(path) for path in self._file.listdir())
        except (OSError, ValueError, IndexError, TypeError, RecursionError, AttributeError) as error:
            raise FileFailureError("broken") from error
        if len(self.paths) > desk.limits.members:
            raise FileFailureError("too_large")

    def has(self, *path: str) -> bool:
        """Whether there is such a stream."""
        return path in self.paths

    def stream(self, *path: str) -> bytes:
        """A stream's bytes; empty where there is no such stream. Raises FileFailureError where it is damaged."""
        if path not in self.paths:
            return b""
        try:
            self._desk.unpack(self._file.get_size(list(path)))
            with self._file.openstream(list(path)) as stream:
                return bytes(stream.read())
        except (OSError, ValueError, IndexError, TypeError, RecursionError) as error:
            raise FileFailureError("broken") from error

    def embedded(self) -> Iterator[Page]:
        """The pages of the files embedded in an Office document; a program's own object is only told of."""
        for path in self.paths:
            if path[-1] == _NATIVE:
                name, content = _native(self.stream(*path))
                yield from self._desk.inside(name, content) if content else ()
            elif path[-1] in _WHOLE:
                content = self.stream(*path)
                yield from self._desk.inside("Embedded file", content) if content else ()
            elif path[-1] in _PROGRAMS and len(path) > 1:
                self._desk.note(
                    "A document embedded in this file was not read. Save it as a file of its own and add that."
                )


def _native(stream: bytes) -> tuple[str, bytes]:
    """The name and the bytes of a file that was dropped into a document."""
    parts = stream[6:].split(b"\x00", 2)
    if len(parts) < 3:
        return "", b""
    rest = parts[2][4:]
    size = int.from_bytes(rest[:4], "little")
    content_at = 4 + size
    length = int.from_bytes(rest[content_at : content_at + 4], "little")
    return parts[0].decode("cp1252", "replace"), rest[content_at + 4 : content_at + 4 + length]

"""ZIP, TAR and single compressed files: every file inside is read under its name; what cannot be is told."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError
from assistant.parser.kinds import UNKNOWN, UNREADABLE
from assistant.parser.locked_zip import LOCKED_FLAG
from assistant.parser.package import unpacked
from assistant.parser.page import Page

_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_LITTER_FOLDER: Final = "__MACOSX"


def read(content: bytes, kind: str, desk: Desk) -> Iterator[Page]:
    """Read all files of an archive. Raises FileFailureError where it is locked, broken or too large as a whole."""
    match kind:
        case "zip":
            yield from _zip(content, desk)
        case "tar":
            yield from _tar(content, desk)
        case _:
            yield from desk.read(Source(content=_decompressed(content, desk), media_type=UNKNOWN), desk)


def _zip(content: bytes, desk: Desk) -> Iterator[Page]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise FileFailureError("broken") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and _is_wanted(entry.filename)]
    if entries and desk.password is None and all(entry.flag_bits & LOCKED_FLAG for entry in entries):
        raise desk.locked()
    found = not entries
    for entry in entries:
        if _is_readable(entry.filename, desk):
            try:
                member = unpacked(archive, entry, desk)
            except FileFailureError as failure:
                if failure.reason == "too_large" or (failure.reason == "locked" and entry is entries[-1] and not found):
                    raise
                desk.note(f"“{entry.filename}” could not be read: {failure}")
            else:
                found = True
                yield from desk.inside(entry.filename, member)


def _tar(content: bytes, desk: Desk) -> Iterator[Page]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for entry in archive:
                if not entry.isfile() or not _is_wanted(entry.name) or not _is_readable(entry.name, desk):
                    continue
                desk.unpack(entry.size)
                member = archive.extractfile(entry)
                yield from desk.inside(entry.name, member.read() if member else b"")
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise FileFailureError("broken") from error


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name not in _LITTER and _LITTER_FOLDER not in path.parts


def _is_readable(name: str, desk: Desk) -> bool:
    """Whether it is worth unpacking; a film is told of without."""
    if PurePosixPath(name).suffix.lower() in UNREADABLE:
        desk.note(f"“{name}” is of a kind that Hearth cannot read.")
        return False
    return True


def _decompressed(content: bytes, desk: Desk) -> bytes:
    room = desk.room_bytes
    try:
        with _opened(content) as stream:
            unpacked_bytes = stream.read(room + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise FileFailureError("broken") from error
    desk.unpack(len(unpacked_bytes))
    return unpacked_bytes


def _opened(content: bytes) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    packed = io.BytesIO(content)
    if content.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=packed)
    return bz2.BZ2File(packed) if content.startswith(b"BZh") else lzma.LZMAFile(packed)

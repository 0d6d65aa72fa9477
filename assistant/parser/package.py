"""ZIP files that are documents (Office, OpenDocument, EPUB): their parts, unpacked within the limits."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from urllib.parse import unquote

from assistant.parser.dates import day_of
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.locked_zip import LOCKED_FLAG, opened_member
from assistant.parser.xml import Element, attribute, descendants, local, parsed


class Package:
    """The parts of a document by their path. Raises FileFailureError where it is no ZIP file."""

    def __init__(self, content: bytes, desk: Desk) -> None:
        self._desk = desk
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FileFailureError("broken") from error
        self.names: Final = tuple(self._archive.namelist())
        if len(self.names) > desk.limits.members:
            raise FileFailureError("too_large")

    def part(self, path: str) -> bytes | None:
        """A part's bytes; None where there is no such part. Raises FileFailureError: locked, broken or too large."""
        try:
            entry = self._archive.getinfo(path)
        except KeyError:
            return None
        return unpacked(self._archive, entry, self._desk)

    def parts(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Those of these parts that there are, with their paths, unpacked one after the other."""
        for path in paths:
            content = self.part(path)
            if content:
                yield path, content

    def xml(self, path: str) -> Element | None:
        """A part as XML; None where there is no such part."""
        content = self.part(path)
        return None if content is None else parsed(content, self._desk)

    def day(self) -> date | None:
        """When the document was last written, or made, as its properties say."""
        for path in ("docProps/core.xml", "meta.xml"):
            root = self.xml(path)
            for name in ("modified", "date", "created", "creation-date"):
                for found in () if root is None else descendants(root, name):
                    if day := day_of(found.text or ""):
                        return day
        return None

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """What an Office part points to: relation id to (kind, path of the target); outside targets left out."""
        folder, name = posixpath.split(path)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in () if root is None else root:
            if local(relation) == "Relationship" and attribute(relation, "TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, unquote(attribute(relation, "Target"))))
                kind = attribute(relation, "Type").rsplit("/", 1)[-1]
                found[attribute(relation, "Id")] = (kind, target.lstrip("/"))
        return found

    def related(self, path: str, kind: str) -> list[str]:
        """The paths of all targets of this kind, in order."""
        return [target for said, target in self.relations(path).values() if said == kind]


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, desk: Desk) -> bytes:
    """A ZIP member's bytes, never more than it declares. Raises FileFailureError: locked, broken or too large."""
    if entry.flag_bits & LOCKED_FLAG:
        return opened_member(archive, entry, desk)
    desk.unpack(entry.file_size)
    try:
        with archive.open(entry) as member:
            return member.read(entry.file_size)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FileFailureError("broken") from error

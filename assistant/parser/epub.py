"""EPUB: the chapters in reading order, each beginning a page, under their headings."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.gallery import Gallery
from assistant.parser.html import characters, html_blocks
from assistant.parser.kinds import media_type
from assistant.parser.package import Package
from assistant.parser.page import Page
from assistant.parser.xml import attribute, descendants, parsed


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a book. Raises FileFailureError: locked where it is encrypted, broken where it has no reading order."""
    package = Package(content, desk)
    chapters = _chapters(package, desk)
    if not chapters:
        raise FileFailureError("broken")
    locked = package.part("META-INF/encryption.xml") or b""
    if any(posixpath.basename(path).encode() in locked for path in chapters):
        raise FileFailureError("locked", "This book is protected against copying, so Hearth cannot read it.")
    yield from paged(_book(package, chapters, desk))
    pictures = (name for name in package.names if media_type(name).startswith("image/"))
    yield from Gallery(desk).pages(package.parts(pictures))


def _chapters(package: Package, desk: Desk) -> list[str]:
    """The paths of the chapters in reading order."""
    container = package.part("META-INF/container.xml")
    root = None if container is None else parsed(container, desk)
    paths = [] if root is None else [attribute(entry, "full-path") for entry in descendants(root, "rootfile")]
    found: list[str] = []
    for path in paths:
        book = package.xml(path)
        if book is None:
            continue
        items = {attribute(item, "id"): attribute(item, "href") for item in descendants(book, "item")}
        for entry in descendants(book, "itemref"):
            href = items.get(attribute(entry, "idref"))
            if href:
                found.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(href))))
    return found


def _book(package: Package, chapters: list[str], desk: Desk) -> Iterator[Block]:
    for path in chapters:
        chapter = package.part(path)
        if chapter is None:
            desk.note(f"The chapter “{posixpath.basename(path)}” is missing in this book.")
            continue
        first = True
        for block in html_blocks(characters(chapter), desk):
            yield replace(block, new_page=True) if first else block
            first = False

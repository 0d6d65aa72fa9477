"""PPTX: each slide is a page, with its title, boxes, tables, charts' words and the speaker's notes."""

import re
from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.charts import chart
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.formula import formula
from assistant.parser.gallery import Gallery
from assistant.parser.package import Package
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks
from assistant.parser.xml import Element, attribute, children, descendants, local

_TITLES: Final = frozenset({"title", "ctrTitle"})
_NOT_OURS: Final = frozenset({"dt", "ftr", "sldNum", "hdr"})
"""Placeholders that repeat on every slide."""
_EMBEDDED: Final = ("package", "oleObject")
_NUMBER: Final = re.compile(r"(\d+)\.xml$")


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a presentation and the files embedded in it, in the order of its slides. Raises FileFailureError."""
    package = Package(content, desk)
    desk.dated(package.day())
    slides = _slides(package)
    if not slides:
        raise FileFailureError("empty")
    gallery = Gallery(desk)
    for number, path in enumerate(slides, start=1):
        blocks = list(_slide(package, path))
        drawn = gallery.words(package.parts(package.related(path, "image")))
        blocks.extend(Block(text=words) for words in drawn)
        pages = list(paged([Block(text="", new_page=True), *blocks], by_size=False))
        yield pages[0] if pages else Page(number=number, text="")
    for path in slides:
        for kind in _EMBEDDED:
            for target in package.related(path, kind):
                embedded = package.part(target)
                if embedded:
                    yield from desk.inside(target.rsplit("/", 1)[-1], embedded)


def _slides(package: Package) -> list[str]:
    """The slides in the order in which they are shown; where the list of them is damaged, by their number."""
    main = next(iter(package.related("", "officeDocument")), "ppt/presentation.xml")
    root = package.xml(main)
    relations = package.relations(main)
    found: list[str] = []
    for entry in () if root is None else descendants(root, "sldId"):
        key = next((value for name, value in entry.attrib.items() if name.endswith("}id")), "")
        if key in relations:
            found.append(relations[key][1])
    named = [name for name in package.names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
    return [path for path in found if path in package.names] or sorted(named, key=_number)


def _number(path: str) -> int:
    found = _NUMBER.search(path)
    return int(found[1]) if found else 0


def _slide(package: Package, path: str) -> Iterator[Block]:
    root = package.xml(path)
    if root is None:
        return
    yield from _shapes(root, title_level=1)
    for kind, reader in (("chart", chart), ("diagramData", _words)):
        for target in package.related(path, kind):
            part = package.xml(target)
            yield from () if part is None else reader(part)
    for kind, title in (("notesSlide", "Speaker notes"), ("comments", "Comments")):
        for target in package.related(path, kind):
            part = package.xml(target)
            said = (
                [] if part is None else list(_shapes(part, title_level=None) if kind == "notesSlide" else _words(part))
            )
            if said:
                yield Block(text=title, level=2)
                yield from said


def _shapes(root: Element, *, title_level: int | None) -> Iterator[Block]:
    """Every shape's text in document order, groups included."""
    titles: list[Block] = []
    others: list[Block] = []
    for shape in root.iter():
        match local(shape):
            case "sp":
                role = _role(shape)
                texts = list(_paragraphs(shape))
                if role in _TITLES and title_level and texts:
                    titles.append(Block(text=" ".join(block.text for block in texts), level=title_level))
                elif role not in _NOT_OURS:
                    others.extend(texts)
            case "tbl":
                others.extend(row_blocks(_rows(shape)))
            case "cNvPr" if attribute(shape, "descr"):
                others.append(Block(text=attribute(shape, "descr")))
    yield from titles
    yield from others


def _role(shape: Element) -> str:
    return next((attribute(holder, "type") for holder in descendants(shape, "ph")), "")


def _paragraphs(shape: Element) -> Iterator[Block]:
    for paragraph in descendants(shape, "p"):
        text = _text(paragraph)
        if text.strip():
            yield Block(text=text, tight=True)


def _text(paragraph: Element) -> str:
    parts: list[str] = []
    for part in paragraph.iter():
        match local(part):
            case "t" if not _in_formula(part):
                parts.append(part.text or "")
            case "br":
                parts.append("\n")
            case "oMath":
                parts.append(formula(part))
    return "".join(parts)


def _in_formula(element: Element) -> bool:
    return any(local(above) == "oMath" for above in element.iterancestors())


def _rows(table: Element) -> Iterator[list[str]]:
    for row in children(table, "tr"):
        yield [" ".join(_text(paragraph) for paragraph in descendants(cell, "p")) for cell in children(row, "tc")]


def _words(root: Element) -> Iterator[Block]:
    """The words of a diagram or a comment."""
    for part in root.iter():
        if local(part) in {"t", "text"} and (part.text or "").strip() and not len(part):
            yield Block(text=part.text, tight=True)

"""DOCX: the text of a Word document in order, with its headings, tables, text boxes, notes, comments and page breaks.

Pages are those that Word drew when the file was saved, where it left its marks. Text that a tracked change
deleted is left out; headers and footers are read once, at the end, as they repeat on every page.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from assistant.parser.blocks import Block, one_line, paged
from assistant.parser.charts import charts
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.formula import formula
from assistant.parser.gallery import Gallery
from assistant.parser.numbering import Numbering
from assistant.parser.package import Package
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks
from assistant.parser.xml import Element, attribute, child, children, descendants, local

_LEFT_OUT: Final = frozenset({"del", "moveFrom", "delText", "instrText", "pPr", "rPr", "Fallback", "sdtPr", "fldData"})
_BLANKS: Final = {"tab": "\t", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_HEADING_STYLE: Final = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_BREAK: Final = "\f"
_APART: Final = (
    ("footnotes", "Footnotes"),
    ("endnotes", "Endnotes"),
    ("comments", "Comments"),
    ("header", "Page header"),
    ("footer", "Page footer"),
)
_EMBEDDED: Final = ("package", "oleObject")


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a Word document and the files embedded in it. Raises FileFailureError."""
    package = Package(content, desk)
    desk.dated(package.day())
    main = next(iter(package.related("", "officeDocument")), "word/document.xml")
    document = package.xml(main)
    body = None if document is None else child(document, "body")
    if body is None:
        if document is None or child(document, "frameset") is None:
            raise FileFailureError("broken")
        return
    styles = _Styles(levels=_heading_levels(package, main), numbering=Numbering(package, main))
    drawn = any(local(element) == "lastRenderedPageBreak" for element in body.iter())
    yield from paged(_document(package, main, body, styles), by_size=not drawn)
    for kind in _EMBEDDED:
        for path in package.related(main, kind):
            embedded = package.part(path)
            if embedded:
                yield from desk.inside(path.rsplit("/", 1)[-1], embedded)
    pictures = (path for path in package.names if path.startswith("word/media/"))
    yield from Gallery(desk).pages(package.parts(pictures))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Styles:
    """What the document says elsewhere of its paragraphs: which are headings, and how lists are numbered."""

    levels: dict[str, int]
    numbering: Numbering


def _document(package: Package, main: str, body: Element, styles: _Styles) -> Iterator[Block]:
    yield from _blocks(body, styles)
    yield from charts(package, "word")
    for kind, title in _APART:
        said: list[Block] = []
        for path in package.related(main, kind):
            root = package.xml(path)
            said.extend(() if root is None else _parts(root, styles))
        texts = [text for text in dict.fromkeys(one_line(block.text.replace(_BREAK, " ")) for block in said) if text]
        if texts:
            yield Block(text=title, level=9)
            yield from (Block(text=text, tight=True) for text in texts)


def _parts(root: Element, styles: _Styles) -> Iterator[Block]:
    if local(root) in {"hdr", "ftr"}:
        yield from _blocks(root, styles)
        return
    for note in root:
        who = attribute(note, "author") if local(note) == "comment" else ""
        for block in _blocks(note, styles):
            yield Block(text=f"{who}: {block.text}" if who else block.text)


def _heading_levels(package: Package, main: str) -> dict[str, int]:
    """The level of each style that is a heading, by its own name or outline or by the style that it is based on."""
    levels: dict[str, int] = {}
    based: dict[str, str] = {}
    for path in package.related(main, "styles"):
        root = package.xml(path)
        for style in () if root is None else children(root, "style"):
            key = attribute(style, "styleId")
            name = child(style, "name")
            parent = child(style, "basedOn")
            title = attribute(name, "val") if name is not None else ""
            found = _HEADING_STYLE.search(title)
            if found:
                levels[key] = int(found[1]) + 1
            elif title.lower() == "title":
                levels[key] = 1
            elif parent is not None:
                based[key] = attribute(parent, "val")
    for key, parent in based.items():
        if parent in levels:
            levels.setdefault(key, levels[parent])
    return levels


def _blocks(parent: Element, styles: _Styles) -> Iterator[Block]:
    """The blocks of a body, a cell, a note or a text box."""
    for element in parent:
        match local(element):
            case "p":
                yield from _paragraph(element, styles)
            case "tbl":
                yield from row_blocks(_rows(element, styles))
            case name if name and name not in _LEFT_OUT:
                yield from _blocks(element, styles)


def _paragraph(paragraph: Element, styles: _Styles) -> Iterator[Block]:
    boxes: list[Element] = []
    text = styles.numbering.label(paragraph) + "".join(_text(paragraph, boxes))
    pieces = text.split(_BREAK)
    level = _level(paragraph, styles)
    properties = child(paragraph, "pPr")
    before = properties is not None and child(properties, "pageBreakBefore") is not None
    for index, piece in enumerate(pieces):
        if piece.strip() or index:
            yield Block(text=piece, level=level if piece.strip() else None, new_page=bool(index) or before)
    for box in boxes:
        yield from _blocks(box, styles)


def _level(paragraph: Element, styles: _Styles) -> int | None:
    properties = child(paragraph, "pPr")
    style = None if properties is None else child(properties, "pStyle")
    return None if style is None else styles.levels.get(attribute(style, "val"))


def _text(element: Element, boxes: list[Element]) -> Iterator[str]:
    """The text of a paragraph; text boxes anchored in it are put aside, to follow it."""
    for part in element:
        match local(part):
            case "t":
                yield part.text or ""
            case "br" if attribute(part, "type") == "page":
                yield _BREAK
            case "lastRenderedPageBreak":
                yield _BREAK
            case "br":
                yield "\n"
            case "oMath":
                yield formula(part)
            case "sym":
                yield _symbol(attribute(part, "char"))
            case "txbxContent":
                boxes.append(part)
            case "docPr" if attribute(part, "descr"):
                yield f" [{attribute(part, 'descr')}] "
            case "checked" | "default" if local(element) == "checkBox":
                yield "☒" if attribute(part, "val") in {"", "1", "true"} else "☐"
            case name if name in _BLANKS:
                yield _BLANKS[name]
            case name if name and name not in _LEFT_OUT:
                yield from _text(part, boxes)


def _symbol(code: str) -> str:
    """A character of a symbol font; those in the private area have no meaning outside their font."""
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "" if "\ue000" <= character <= "\uf8ff" else character


def _rows(table: Element, styles: _Styles) -> Iterator[list[str]]:
    for row in _within(table, "tr"):
        cells: list[str] = []
        for cell in _within(row, "tc"):
            texts = (block.text.replace(_BREAK, " ") for block in _blocks(cell, styles))
            cells.append(" ".join(text for text in texts if text.strip()))
            cells.extend([""] * (_span(cell) - 1))
        yield cells


def _within(parent: Element, name: str) -> Iterable[Element]:
    """Children of this name, also those that a content control or a tracked change wraps."""
    for element in parent:
        if local(element) == name:
            yield element
        elif local(element) in {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"}:
            yield from _within(element, name)


def _span(cell: Element) -> int:
    for span in descendants(cell, "gridSpan"):
        value = attribute(span, "val")
        return min(int(value), 100) if value.isdecimal() else 1
    return 1

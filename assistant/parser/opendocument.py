"""ODT and ODP: the text of an OpenDocument file in order; a presentation's slides are its pages."""

from collections.abc import Callable, Iterator
from typing import Final

from assistant.parser.blocks import Block, one_line, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.gallery import Gallery
from assistant.parser.locked_odf import opened_document
from assistant.parser.package import Package
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks
from assistant.parser.xml import Element, attribute, child, children, descendants, local, parsed

_MOST_REPEATS: Final = 50
_LEFT_OUT: Final = frozenset(
    {"tracked-changes", "forms", "variable-decls", "sequence-decls", "user-field-decls", "settings"}
)
_APART: Final = frozenset({"note", "annotation", "frame", "custom-shape"})


def read(content: bytes, kind: str, desk: Desk) -> Iterator[Page]:
    """Read a text or a presentation, zipped or flat, and the files embedded in it. Raises FileFailureError."""
    if not content.startswith(b"PK"):
        yield from _pages(parsed(content, desk), None, kind, _no_words)
        return
    package = Package(opened_document(content, desk), desk)
    desk.dated(package.day())
    root = package.xml("content.xml")
    if root is None:
        raise FileFailureError("broken")
    gallery = Gallery(desk)

    def words_on(slide: Element) -> Iterator[str]:
        return gallery.words(package.parts(attribute(image, "href") for image in descendants(slide, "image")))

    yield from _pages(root, package.xml("styles.xml"), kind, words_on)
    for name in package.names:
        folder = name.split("/", 1)[0]
        if folder.startswith("Object ") and name.endswith("/content.xml"):
            part = package.xml(name)
            yield from paged(Block(text=text) for text in _formula_words(part))
    if kind == "odt":
        yield from gallery.pages(package.parts(name for name in package.names if name.startswith("Pictures/")))


def _no_words(_slide: Element) -> Iterator[str]:
    """A flat file has its pictures in itself, which are not read."""
    yield from ()


def _pages(
    root: Element, styles: Element | None, kind: str, words_on: Callable[[Element], Iterator[str]]
) -> Iterator[Page]:
    body = next(descendants(root, "body"), None)
    if body is None:
        raise FileFailureError("broken")
    if kind == "odp":
        for number, slide in enumerate(descendants(body, "page"), start=1):
            blocks = [Block(text=attribute(slide, "name"), level=1), *_blocks(slide)]
            blocks.extend(Block(text=words) for words in words_on(slide))
            yield next(paged(blocks, by_size=False), Page(number=number, text=""))
        return
    yield from paged([*_blocks(body), *_repeated(styles)])


def _repeated(styles: Element | None) -> Iterator[Block]:
    """Page headers and footers, once."""
    for name, title in (("header", "Page header"), ("footer", "Page footer")):
        parts = [] if styles is None else list(descendants(styles, name))
        texts = dict.fromkeys(one_line(block.text) for part in parts for block in _blocks(part))
        if any(texts):
            yield Block(text=title, level=9)
            yield from (Block(text=text, tight=True) for text in texts if text)


def _blocks(parent: Element) -> Iterator[Block]:
    for element in parent:
        match local(element):
            case "h":
                level = attribute(element, "outline-level")
                yield from _paragraph(element, int(level) if level.isdecimal() else 1)
            case "p":
                yield from _paragraph(element, None)
            case "table":
                yield from row_blocks(_rows(element))
            case name if name and name not in _LEFT_OUT:
                yield from _blocks(element)


def _paragraph(element: Element, level: int | None) -> Iterator[Block]:
    apart: list[Element] = []
    yield Block(text=_text(element, apart), level=level)
    for part in apart:
        if local(part) == "annotation":
            who = child(part, "creator")
            said = " ".join(_text(paragraph, []) for paragraph in children(part, "p"))
            yield Block(text=f"Comment by {who.text}: {said}" if who is not None and who.text else f"Comment: {said}")
        else:
            yield from _blocks(part)
            yield from (Block(text=title.text) for title in part if local(title) in {"title", "desc"} and title.text)


def _text(element: Element, apart: list[Element]) -> str:
    """A paragraph's text; notes, comments and boxes in it are put aside, to follow it."""
    parts = [element.text or ""]
    for part in element:
        match local(part):
            case "s":
                parts.append(" ")
            case "tab":
                parts.append("\t")
            case "line-break":
                parts.append("\n")
            case name if name in _APART:
                if name == "note":
                    citation = child(part, "note-citation")
                    parts.append("" if citation is None else f" [{citation.text or ''}]")
                apart.append(part)
            case name if name:
                parts.append(_text(part, apart))
        parts.append(part.tail or "")
    return "".join(parts)


def _rows(table: Element) -> Iterator[list[str]]:
    for row in descendants(table, "table-row"):
        if next(row.iterancestors(f"{{{row.nsmap.get('table', '')}}}table"), table) is not table:
            continue
        cells: list[str] = []
        for cell in row:
            if local(cell) in {"table-cell", "covered-table-cell"}:
                repeats = attribute(cell, "number-columns-repeated")
                text = " ".join(block.text for block in _blocks(cell) if block.text.strip())
                cells.extend([text] * (min(int(repeats), _MOST_REPEATS) if repeats.isdecimal() else 1))
        yield cells


def _formula_words(part: Element | None) -> Iterator[str]:
    """A formula object says what it shows in its annotation."""
    if part is None or local(part) != "math":
        return
    said = next(descendants(part, "annotation"), None)
    text = said.text if said is not None and said.text else " ".join(part.itertext())
    if text.strip():
        yield text

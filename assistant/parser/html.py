"""HTML: the words that a browser shows, with headings, lists and tables; scripts, styles and templates are left out."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page
from assistant.parser.plain import lenient
from assistant.parser.tables import row_blocks
from assistant.parser.word_list import word_list
from assistant.parser.xml import Element, attribute, local

_LEFT_OUT: Final = frozenset(word_list("script style template noscript head iframe object svg math"))
_INLINE: Final = frozenset(
    word_list(
        "a abbr acronym b bdi bdo big cite code data del dfn em",
        "font i img input ins kbd label mark math nobr q rp rt ruby",
        "s samp small span strike strong sub sup time tt u var wbr button select textarea",
    )
)
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_DECLARED: Final = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DEEPEST: Final = 200
"""Elements inside each other; what lies deeper is read as one run of text."""
_MOST_CELLS: Final = 100


def read(content: bytes, _kind: str, desk: Desk) -> Iterator[Page]:
    """Read a page of HTML or XHTML. Raises FileFailureError where it is none."""
    yield from paged(html_blocks(characters(content), desk))


def characters(content: bytes) -> str:
    """The text of an HTML file in the encoding that it declares."""
    declared = _DECLARED.search(content[:4096])
    if declared and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        try:
            return content.decode("cp1252" if name in {"iso-8859-1", "latin1", "us-ascii"} else name)
        except (LookupError, UnicodeDecodeError):
            pass
    return lenient(content)


def html_blocks(text: str, desk: Desk) -> Iterator[Block]:
    """The blocks of an HTML text."""
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    source = _DECLARATION.sub("", text).encode("utf-8", "replace")
    if not source.strip():
        return
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileFailureError("broken") from error
    if root is None:
        return
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        desk.note("This page is nested so deeply that a part of it was not read.")
    title = next((one.text for one in root.iter("title") if one.text), None)
    blocks = list(_flow(root, 0))
    if title and title.strip() and not any(block.text.strip() == title.strip() for block in blocks[:5]):
        yield Block(text=title, level=1)
    yield from blocks


def _flow(element: Element, depth: int) -> Iterator[Block]:
    """The blocks inside an element: runs of inline text, and the blocks between them."""
    run: list[str] = [element.text or ""]
    for part in element:
        name = local(part)
        if not name or name in _LEFT_OUT:
            run.append(part.tail or "")
            continue
        if _is_inline(part, name, depth):
            run.append(_inline(part))
            run.append(part.tail or "")
            continue
        yield from _ended(run)
        yield from _block(part, name, depth + 1)
        run.append(part.tail or "")
    yield from _ended(run)


def _block(part: Element, name: str, depth: int) -> Iterator[Block]:
    if name in _HEADINGS:
        yield Block(text=_inline(part), level=_HEADINGS[name])
    elif name == "table" and not any(True for _ in part.iterdescendants("table")):
        yield from row_blocks(_rows(part))
    elif name == "pre":
        yield Block(text="".join(part.itertext()))
    elif name == "tr":
        yield Block(text=" | ".join(cell for cell in map(_inline, part) if cell.strip()), tight=True)
    elif name in {"li", "dt", "dd", "option"}:
        yield from (Block(text=b.text, level=b.level, tight=True) for b in _flow(part, depth))
    else:
        yield from _flow(part, depth)


def _is_inline(part: Element, name: str, depth: int) -> bool:
    if depth > _DEEPEST or name == "br":
        return True
    return name in _INLINE and not any(local(below) not in _INLINE and local(below) != "br" for below in part)


def _ended(run: list[str]) -> Iterator[Block]:
    text = "".join(run)
    run.clear()
    lines = [" ".join(line.split()) for line in text.split("\v")]
    if any(lines):
        yield Block(text="\n".join(lines))


def _inline(element: Element) -> str:
    """The text of an element in one run; a line break is kept as one, what nobody sees is left out."""
    parts: list[str] = []
    skipped: Element | None = None
    for event, part in etree.iterwalk(element, events=("start", "end")):
        name = local(part)
        if event == "start":
            if skipped is None and (not name or name in _LEFT_OUT):
                skipped = part
            if skipped is None:
                parts.append(_start(part, name))
        else:
            if skipped is part:
                skipped = None
            elif skipped is None and name not in _INLINE:
                parts.append(" ")
            if skipped is None and part is not element:
                parts.append(part.tail or "")
    return "".join(parts)


def _start(part: Element, name: str) -> str:
    if name == "br":
        return "\v"
    if name == "img":
        return f" {attribute(part, 'alt')} "
    if name == "input":
        return f" {attribute(part, 'value')} " if attribute(part, "type").lower() not in {"hidden", "password"} else ""
    return part.text or "" if name in _INLINE else f" {part.text or ''}"


def _rows(table: Element) -> Iterator[list[str]]:
    """A table's rows; a cell over several columns or rows is repeated, so that each row can be read by itself."""
    below: dict[int, tuple[int, str]] = {}
    caption = next(table.iterchildren("caption"), None)
    if caption is not None:
        yield [_inline(caption)]
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row:
            if local(cell) not in {"td", "th"} or len(cells) >= _MOST_CELLS:
                continue
            _from_above(cells, below)
            text = _inline(cell)
            for _ in range(_number(cell, "colspan")):
                rows = _number(cell, "rowspan")
                if rows > 1:
                    below[len(cells)] = (rows - 1, text)
                cells.append(text)
        _from_above(cells, below)
        yield cells


def _from_above(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(cells) in below:
        column = len(cells)
        rows, text = below.pop(column)
        if rows > 1:
            below[column] = (rows - 1, text)
        cells.append(text)


def _number(cell: Element, name: str) -> int:
    value = attribute(cell, name).strip()
    return min(max(int(value), 1), 20) if value.isdecimal() and len(value) < 5 else 1

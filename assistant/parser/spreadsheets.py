"""XLSX, XLSB, XLS and ODS: each sheet under its name, hidden ones too, each row with its columns' headers."""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import python_calamine

from assistant.parser.blocks import Block, paged
from assistant.parser.charts import charts
from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError
from assistant.parser.gallery import Gallery
from assistant.parser.locked_odf import opened_document
from assistant.parser.locked_old import opened_workbook
from assistant.parser.ole import Streams
from assistant.parser.package import Package
from assistant.parser.page import Page
from assistant.parser.tables import row_blocks
from assistant.parser.xls_drawings import drawn_text
from assistant.parser.xml import Element, attribute, local

Value = int | float | str | bool | time | date | datetime | timedelta
_MIDNIGHT: Final = time(0, 0)
_WHOLE: Final = 1e15
_CELL: Final = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
"""A cell that holds something; one that only has a colour closes at once."""
_LAST_ROW: Final = 1_048_576
_MOST_CELLS: Final = 20_000_000
_FAR_OUT: Final = (
    "A sheet of this file has a cell so far out that the sheet is too large to be read here. "
    "Delete the cells that lie apart from the others, save the file and add it again."
)
_DRAWN: Final = re.compile(r"xl/(comments\d*|threadedComments/.+|drawings/drawing\d+)\.xml")


def read(content: bytes, kind: str, desk: Desk) -> Iterator[Page]:
    """Read a workbook, then the comments and text boxes on it. Raises FileFailureError."""
    if kind == "ods":
        content = opened_document(content, desk)
    elif kind == "xls":
        content = opened_workbook(content, desk)
    package = Package(content, desk) if kind in {"xlsx", "xlsb", "ods"} else None
    if package is not None:
        desk.dated(package.day())
    if package is not None and kind == "xlsx":
        _check_extent(package)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = workbook.sheets_metadata
    except python_calamine.PasswordError as error:
        raise FileFailureError("locked", NO_KEY) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileFailureError("broken") from error
    for sheet in sheets:
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
            yield from paged(_sheet(workbook, sheet, desk))
    if kind == "xls":
        streams = Streams(content, desk)
        yield from paged(drawn_text(streams.stream("Workbook") or streams.stream("Book")))
        yield from streams.embedded()
    if package is not None and kind == "xlsx":
        yield from paged(_drawn(package))
        for name in package.names:
            if name.startswith("xl/embeddings/"):
                embedded = package.part(name)
                yield from desk.inside(name.rsplit("/", 1)[-1], embedded) if embedded else ()
        yield from Gallery(desk).pages(package.parts(name for name in package.names if name.startswith("xl/media/")))


def _sheet(
    workbook: python_calamine.CalamineWorkbook, sheet: python_calamine.SheetMetadata, desk: Desk
) -> Iterator[Block]:
    try:
        rows = workbook.get_sheet_by_name(sheet.name).iter_rows()
        blocks = row_blocks([_shown(value) for value in row] for row in rows)
        first = next(blocks, None)
    except (python_calamine.CalamineError, OSError, ValueError):
        desk.note(f"The sheet “{sheet.name}” is damaged and was not read.")
        return
    hidden = sheet.visible != python_calamine.SheetVisibleEnum.Visible
    if first is not None:
        yield Block(text=f"{sheet.name} (hidden sheet)" if hidden else sheet.name, level=1, new_page=True)
        yield first
        yield from blocks


def _check_extent(package: Package) -> None:
    """Refuse a sheet with a cell so far out that the empty cells before it fill the memory; calamine keeps them all."""
    for name in package.names:
        if not name.startswith("xl/worksheets/sheet"):
            continue
        columns, first, last = 0, _LAST_ROW, 0
        for cell in _CELL.finditer(package.part(name) or b""):
            columns = max(columns, _column(cell[1]))
            row = int(cell[2])
            first, last = min(first, row), max(last, row)
        if columns * max(last - first + 1, 0) > _MOST_CELLS:
            raise FileFailureError("too_large", _FAR_OUT)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _shown(value: Value) -> str:
    """A cell's value as a person reads it."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < _WHOLE:
            return str(int(value))
        case float():
            return f"{value:.12g}"
        case datetime() if value.time() == _MIDNIGHT:
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case _:
            return str(value)


def _drawn(package: Package) -> Iterator[Block]:
    """Comments, text boxes and charts, which are no cells."""
    for name in package.names:
        if _DRAWN.fullmatch(name):
            root = package.xml(name)
            yield from () if root is None else _notes(root)
    yield from charts(package, "xl")


def _notes(root: Element) -> Iterator[Block]:
    first = True
    for part in root.iter():
        if local(part) in {"comment", "threadedComment", "txBody"}:
            text = "".join(run.text or "" for run in part.iter() if local(run) in {"t", "text"})
            where = attribute(part, "ref")
            if text.strip():
                if first:
                    yield Block(text="Notes on the sheets", level=2)
                first = False
                yield Block(text=f"{where}: {text}" if where else text)

"""Tables as text: each row readable by itself, with the headers of its columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from assistant.parser.blocks import Block, one_line

_BETWEEN: Final = " | "
_HEADER_CHARACTERS: Final = 80
_MOST_HEADERS: Final = 60
"""A wider table would repeat more header than it has content."""


def row_blocks(rows: Iterable[Sequence[str]]) -> Iterator[Block]:
    """One block a row. A row of words over further rows is the header, and each later cell carries its column's."""
    headers: list[str] = []
    before: list[str] | None = None
    first = True
    for cells in rows:
        row = [one_line(cell) for cell in cells]
        filled = [cell for cell in row if cell]
        if not filled:
            headers, before = [], None  # a gap: what follows is another table
            first = True
            continue
        if before is not None and not headers and _are_headers(before, row):
            headers = before
        yield Block(text=_row(row, headers), tight=not first)
        before = row if before is None or len([cell for cell in before if cell]) < len(filled) else before
        first = False


def _are_headers(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row looks like the names of columns: two or more, short, all different, no numbers, one over each cell.

    The first column may go without a name.
    """
    named = [cell for cell in row if cell]
    return (
        2 <= len(named) <= _MOST_HEADERS
        and all(row[column : column + 1] != [""] for column, cell in enumerate(below) if cell and column)
        and len(set(named)) == len(named)
        and all(len(cell) <= _HEADER_CHARACTERS and any(map(str.isalpha, cell)) for cell in named)
    )


def _row(row: Sequence[str], headers: Sequence[str]) -> str:
    parts: list[str] = []
    for column, cell in enumerate(row):
        if not cell:
            continue
        header = headers[column] if column < len(headers) else ""
        parts.append(f"{header.rstrip(': ')}: {cell}" if header and header != cell else cell)
    return _BETWEEN.join(parts)

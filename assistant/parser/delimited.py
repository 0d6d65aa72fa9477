"""CSV and TSV: which character parts the columns, and rows with their headers."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page
from assistant.parser.plain import decoded
from assistant.parser.tables import row_blocks

_SEPARATORS: Final = ",;\t|"
_SAMPLE_LINES: Final = 20
_LONGEST_CELL: Final = 1_000_000


def read(content: bytes, kind: str, _desk: Desk) -> Iterator[Page]:
    """Read a table of text. Raises FileFailureError where the bytes are no text."""
    csv.field_size_limit(_LONGEST_CELL)
    text = decoded(content).replace("\x00", "")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if kind == "tsv" else separator(text))
    try:
        yield from paged(row_blocks(rows))
    except csv.Error as error:
        raise FileFailureError("broken") from error


def separator(text: str) -> str:
    """The character that parts the columns: the one that makes the most of the first rows equally wide."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])

    def steadiness(mark: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if row]
        except csv.Error:
            return 0.0, 0
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, sum(widths))

    return max(_SEPARATORS, key=steadiness)

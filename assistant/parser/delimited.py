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
    """The character that parts the columns: the one that stands equally often in most of the first lines."""
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]

    def steadiness(mark: str) -> tuple[float, int]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) / len(counts) if usual else 0.0, usual)

    return max(_SEPARATORS, key=steadiness)

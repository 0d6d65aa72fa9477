"""Where the sentences of a text are, so that the exact words which carry a fact can be cited."""

import re

_BREAK = re.compile(
    r"""
      (?<=[.!?…][)"”’»])\s+      # a full stop inside a bracket or quotation
    | (?<=[.!?…])\s+             # a full stop
    | (?<=[。！？])              # one that needs no space
    | \n\s*\n\s*                 # a blank line
    | \n(?=\s*(?:[-*•|\#]|\d+[.)]\s))  # a list item, a table's row, a heading
    | (?<![,;:(\-–])\n(?=\s*[A-ZÀ-Þ]\S*(?:\s|$))  # a line that begins anew
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Z]|Mrs?|Ms|Dr|Prof|St|No|Nr|Art|Fig|approx|ca|vs|e\.g|i\.e|z\.B)\.$")
_ITEM_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans `(start, end)` of the text's sentences, list items and table rows, in order, without outer space."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _BREAK.finditer(text):
        before = text[start : found.start()]
        if _ABBREVIATION.search(before) or _ITEM_NUMBER.search(before):
            continue
        spans.append((start, found.start()))
        start = found.end()
    spans.append((start, len(text)))
    return [trimmed for span in spans if (trimmed := _without_space(text, *span)) is not None]


def _without_space(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    if not piece.strip():
        return None
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))

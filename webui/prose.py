"""Reads a model's answer as paragraphs, list items, bold words and citation markers; all else stays plain text.

No HTML, image or link can come out of this: the only shapes are the ones below, and the page builds elements of them.
"""

import re
from dataclasses import dataclass

_INLINE = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|\[(?P<marker>\d{1,3})\]")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+(?P<text>.+)")
_HEADING = re.compile(r"\s*#{1,6}\s+(?P<text>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A few words of one kind."""

    text: str
    strong: bool = False
    marker: int | None = None
    """The number of a citation; the text is then the marker as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or an item of a list."""

    runs: tuple[Run, ...]
    item: bool = False


def blocks(text: str) -> list[Block]:
    """The answer's paragraphs and list items, in order; every character of the words is kept."""
    found: list[Block] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        item, heading = _ITEM.fullmatch(line), _HEADING.fullmatch(line)
        if (item or heading or not line.strip()) and lines:
            found.append(Block(runs=runs(" ".join(lines))))
            lines = []
        if item:
            found.append(Block(runs=runs(item["text"]), item=True))
        elif heading:
            found.append(Block(runs=(Run(text=heading["text"], strong=True),)))
        elif line.strip():
            lines.append(line.strip())
    return found


def runs(text: str) -> tuple[Run, ...]:
    """A line as runs of plain, bold and marker text."""
    found: list[Run] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            found.append(Run(text=text[at : match.start()]))
        if match["strong"] is not None:
            found.append(Run(text=match["strong"], strong=True))
        else:
            found.append(Run(text=match.group(), marker=int(match["marker"])))
        at = match.end()
    if at < len(text):
        found.append(Run(text=text[at:]))
    return tuple(found)


def plain(text: str) -> str:
    """An answer that is still growing, without the stars that will make words bold."""
    return text.replace("**", "")

"""RTF: the text of a document with headings and rows; page headers, notes and comments follow it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page
from assistant.parser.rtf_words import APART, CHARACTERS, CHARSETS, SHOWN_OPTIONS, SKIPPED
from assistant.parser.tables import row_blocks

_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)"
)
_HEADING: Final = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_DEEPEST: Final = 2_000


@dataclass
class _Story:
    """A run of blocks: the document, or what stands apart from it."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    new_page: bool = False

    def paragraph(self, level: int | None) -> None:
        if self.row:
            self.text.append(" ")
            return
        self.flush_rows()
        text = _joined(self.text)
        if text.strip():
            self.blocks.append(Block(text=text, level=level, new_page=self.new_page))
            self.new_page = False
        self.text.clear()

    def cell(self) -> None:
        self.row.append(_joined(self.text))
        self.text.clear()

    def end_row(self) -> None:
        self.rows.append(self.row)
        self.row = []

    def flush_rows(self) -> None:
        self.blocks.extend(row_blocks(self.rows))
        self.rows = []

    def end(self) -> list[Block]:
        if self.row:
            self.end_row()
        self.paragraph(None)
        self.flush_rows()
        return self.blocks


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the group's closing brace."""

    story: _Story
    is_skipped: bool = False
    table: str = ""
    """ "fonttbl" or "stylesheet" inside those."""
    encoding: str = "cp1252"
    fallback: int = 1
    """How many characters follow a Unicode one for readers that know none."""


def read(content: bytes, _kind: str, _desk: Desk) -> Iterator[Page]:
    """Read an RTF document. Raises FileFailureError where it is none."""
    yield from paged(rtf_blocks(content))


def plain_of(content: bytes) -> str:
    """The text of an RTF document. Raises FileFailureError where it is none."""
    return "\n".join(block.text for block in rtf_blocks(content))


def rtf_blocks(content: bytes) -> list[Block]:
    """The blocks of an RTF document. Raises FileFailureError where it is none."""
    if not content.lstrip().startswith(b"{\\rtf"):
        raise FileFailureError("broken")
    return _Reading(content).blocks()


class _Reading:
    """One pass over the tokens of a document."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._main = _Story()
        self._apart: list[_Story] = []
        self._groups = [_Group(self._main)]
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._default_encoding = "cp1252"
        self._levels: dict[int, int] = {}
        self._style = 0
        self._level: int | None = None
        self._raw = bytearray()
        self._to_skip = 0
        self._has_opened = False
        self._is_option = False
        self._name: list[str] = []

    def blocks(self) -> list[Block]:
        at = 0
        while found := _TOKEN.match(self._content, at):
            at = found.end()
            word, number, code, sign, brace, text = found.groups()
            has_opened, self._has_opened = self._has_opened, brace == b"{"
            if code:
                self._byte(bytes([int(code, 16)]))
                continue
            if text:
                self._byte(text)
                continue
            self._flush()
            if word:
                at += self._word(word.decode("ascii"), int(number) if number else None)
            elif sign:
                self._is_option = sign == b"*" and has_opened
                self._sign(sign)
            elif brace:
                self._brace(opens=brace == b"{")
        self._flush()
        blocks = self._main.end()
        titled: set[str] = set()
        for story in sorted(self._apart, key=lambda story: story.title):
            said = story.end()
            if said and story.title not in titled:
                titled.add(story.title)
                blocks.append(Block(text=story.title, level=9))
            blocks.extend(said)
        return blocks

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _change(self, **changes: object) -> None:
        self._groups[-1] = replace(self._group, **changes)  # type: ignore[arg-type]

    def _brace(self, *, opens: bool) -> None:
        self._is_option = False
        if opens and len(self._groups) < _DEEPEST:
            self._groups.append(self._group)
        elif not opens and len(self._groups) > 1:
            self._groups.pop()

    def _byte(self, raw: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(raw))
            self._to_skip -= skipped
            raw = raw[skipped:]
        self._raw += raw

    def _flush(self) -> None:
        if self._raw:
            raw = bytes(self._raw)
            self._raw.clear()
            self._take(raw.decode(self._group.encoding, "replace"))

    def _take(self, text: str) -> None:
        group = self._group
        if group.table:
            self._name.append(text)
            if ";" in text:
                self._named()
        elif not group.is_skipped:
            group.story.text.append(text)

    def _named(self) -> None:
        found = _HEADING.search("".join(self._name))
        if found and self._group.table == "stylesheet":
            self._levels[self._style] = int(found[1]) + 1
        self._name.clear()
        self._style = 0

    def _sign(self, sign: bytes) -> None:
        if sign in b"\\{}":
            self._take(sign.decode("ascii"))
        elif sign in b"\r\n":
            self._paragraph()
        elif sign in b"~_":
            self._take(" " if sign == b"~" else "-")

    def _word(self, word: str, number: int | None) -> int:
        """Obey a control word; answers how many bytes of data follow it."""
        is_option, self._is_option = self._is_option, False
        if word == "bin":
            return max(number or 0, 0)
        if word in {"fonttbl", "stylesheet"}:
            self._change(table=word)
        elif word in SKIPPED or (is_option and word not in SHOWN_OPTIONS):
            self._change(is_skipped=True)
        elif word in APART:
            self._apart.append(_Story(title=APART[word]))
            self._change(story=self._apart[-1])
        elif word in CHARACTERS:
            self._take(CHARACTERS[word])
        elif word == "u" and number is not None:
            self._take(chr(number % 0x10000))
            self._to_skip = self._group.fallback
        else:
            self._set(word, number or 0)
        return 0

    def _set(self, word: str, number: int) -> None:
        match word:
            case "uc":
                self._change(fallback=min(max(number, 0), 10))
            case "ansicpg":
                self._default_encoding = _encoding(number)
                self._change(encoding=self._default_encoding)
            case "f":
                self._font = number
                if self._group.table != "fonttbl":
                    self._change(encoding=self._fonts.get(number, self._default_encoding))
            case "fcharset" if self._group.table == "fonttbl":
                self._fonts[self._font] = CHARSETS.get(number, self._default_encoding)
            case "s":
                self._style = number
                self._level = self._levels.get(number)
            case "outlinelevel" if 0 <= number < 9 and not self._group.table:
                self._level = number + 2
            case "pard":
                self._level = None
            case _ if not self._group.is_skipped and not self._group.table:
                self._structure(word)

    def _structure(self, word: str) -> None:
        match word:
            case "par" | "sect":
                self._paragraph()
            case "page":
                self._paragraph()
                self._group.story.new_page = True
            case "cell" | "nestcell":
                self._group.story.cell()
            case "row" | "nestrow":
                self._group.story.end_row()

    def _paragraph(self) -> None:
        if not self._group.is_skipped:
            self._group.story.paragraph(self._level)


def _encoding(page: int) -> str:
    try:
        "".encode(f"cp{page}")
    except LookupError:
        return "cp1252"
    return f"cp{page}"


def _joined(parts: list[str]) -> str:
    """The text of these parts, whose characters beyond 65535 came as two halves."""
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

"""A PDF page's characters made fit to read, search and cite, with a map back to what they were made of."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_LINE_HYPHEN: Final = ("\x02", "\ufffe")
"""What PDFium puts where a line ended with a hyphen, in place of the hyphen and the line end."""
_LIGATURES: Final = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_BLANK_LINE: Final = ["\n", "\n"]
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Cn"})
_ORDINARY: Final = re.compile(r"[!-~À-ɏ一-鿿]+(?: [!-~À-ɏ一-鿿]+)*")
"""Words with single spaces, which stay as they are: nearly all of nearly every page."""


@dataclass(frozen=True, slots=True)
class PageText:
    """`text[i]` was made of the page's character number `sources[i]`; sources never decrease."""

    text: str
    sources: tuple[int, ...]


def page_text(characters: str) -> PageText:
    r"""Single spaces, `\n` line ends with at most one blank line, words joined over line ends, nothing invisible."""
    text: list[str] = []
    sources: list[int] = []
    index = 0
    while index < len(characters):
        if run := _ORDINARY.match(characters, index):
            text.extend(run[0])
            sources.extend(range(index, run.end()))
            index = run.end()
            continue
        shown = _shown(characters, index)
        if shown == "\n":
            _strip_end(text, sources, " ")
            shown = "\n" if text and text[-2:] != _BLANK_LINE else ""
        elif shown == " " and (not text or text[-1] in " \n"):
            shown = ""
        text.extend(shown)
        sources.extend([index] * len(shown))
        index += 1
    _strip_end(text, sources, " \n")
    return PageText("".join(text), tuple(sources))


def _shown(characters: str, index: int) -> str:
    """What one character becomes, its neighbours before it aside."""
    character = characters[index]
    if character in _LINE_HYPHEN:
        return "" if characters[index + 1 : index + 2].islower() else "-"
    if character == "\r":
        return "" if characters[index + 1 : index + 2] == "\n" else "\n"
    if character == "\n":
        return "\n"
    if character.isspace():
        return " "
    if unicodedata.category(character) in _NOT_SHOWN:
        return ""
    return _LIGATURES.get(character, character)


def _strip_end(text: list[str], sources: list[int], blanks: str) -> None:
    while text and text[-1] in blanks:
        text.pop()
        sources.pop()

"""The numbers and bullets of Word's lists and headings, which the text itself does not hold."""

from dataclasses import dataclass
from typing import Final

from assistant.parser.package import Package
from assistant.parser.xml import Element, attribute, child, children

_ROMAN: Final = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_SMALL: Final = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LEVELS: Final = 9
_MOST: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How one level of a list is numbered; `text` is like "%1.%2."."""

    start: int
    style: str
    text: str


class Numbering:
    """Counts through a document; ask for each paragraph once, in order."""

    def __init__(self, package: Package, main: str) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        self._counts: dict[str, list[int | None]] = {}
        for path in package.related(main, "numbering"):
            root = package.xml(path)
            for definition in () if root is None else children(root, "abstractNum"):
                levels = {_whole(attribute(one, "ilvl")): _level(one) for one in children(definition, "lvl")}
                self._levels[attribute(definition, "abstractNumId")] = levels
            for used in () if root is None else children(root, "num"):
                self._lists[attribute(used, "numId")] = _value(used, "abstractNumId")
        for path in package.related(main, "styles"):
            root = package.xml(path)
            for style in () if root is None else children(root, "style"):
                found = _reference(style)
                if found:
                    self._styles[attribute(style, "styleId")] = found

    def label(self, paragraph: Element) -> str:
        """What stands before a paragraph: "1.2 ", "• ", or nothing."""
        properties = child(paragraph, "pPr")
        found = _reference(paragraph)
        if found is None and properties is not None:
            found = self._styles.get(_value(properties, "pStyle"))
        if found is None:
            return ""
        definition = self._lists.get(found[0], "")
        level = self._levels.get(definition, {}).get(found[1])
        if level is None:
            return ""
        if level.style == "bullet":
            return "• "
        return self._counted(definition, found[1], level)

    def _counted(self, definition: str, depth: int, level: _Level) -> str:
        levels = self._levels[definition]
        counts = self._counts.setdefault(definition, [None] * _LEVELS)
        if not 0 <= depth < _LEVELS:
            return ""
        before = counts[depth]
        counts[depth] = level.start if before is None else before + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        text = level.text
        for above in range(depth + 1):
            of = levels.get(above, level)
            count = counts[above]
            text = text.replace(f"%{above + 1}", _shown(of.start if count is None else count, of.style))
        return f"{text} " if text else ""


def _reference(holder: Element) -> tuple[str, int] | None:
    """The list and the level that a paragraph or a style names."""
    properties = child(holder, "pPr")
    numbered = None if properties is None else child(properties, "numPr")
    if numbered is None or not _value(numbered, "numId"):
        return None
    return _value(numbered, "numId"), _whole(_value(numbered, "ilvl"))


def _level(element: Element) -> _Level:
    return _Level(
        start=_whole(_value(element, "start") or "1"),
        style=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
    )


def _value(element: Element, name: str) -> str:
    found = child(element, name)
    return "" if found is None else attribute(found, "val")


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _shown(count: int, style: str) -> str:
    match style:
        case "lowerLetter":
            return _letters(count)
        case "upperLetter":
            return _letters(count).upper()
        case "lowerRoman":
            return _roman(count)
        case "upperRoman":
            return _roman(count).upper()
        case "none":
            return ""
        case _:
            return str(count)


def _letters(count: int) -> str:
    return chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 5) if count > 0 else ""


def _roman(count: int) -> str:
    text = ""
    rest = min(count, _MOST)
    for value, letters in (*_ROMAN, *_ROMAN_SMALL):
        text += letters * (rest // value)
        rest %= value
    return text

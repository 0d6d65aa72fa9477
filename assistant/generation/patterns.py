"""Patterns of JSON schemas as llama-server holds a text to them: it takes any text where it meets one it cannot read.

What comes out has both anchors, knows no `\\d`, and lets nothing through that would end the JSON text around it:
each text that it allows fits the pattern as it was given.
"""

import re
from collections.abc import Mapping
from typing import Final

_OUT: Final = r"\"\\\x00-\x1F"
"""What stands in no JSON text as it is."""
_ANY: Final = f"[^{_OUT}]"
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": " "}
_QUANTITY: Final = re.compile(r"\{\d+(,\d*)?\}")
_ESCAPED: Final = frozenset("^$.[](){}|*+?")
_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
FORMATS: Final[Mapping[str, str]] = {
    "duration": r"^P([0-9]{1,4}D|([0-9]{1,4}D)?T[0-9]{1,4}[HMS])$",
    "email": rf"^[A-Za-z0-9_+-]{{1,32}}(\.[A-Za-z0-9_+-]{{1,32}}){{0,1}}@{_LABEL}(\.{_LABEL}){{1,3}}$",
    "hostname": rf"^{_LABEL}(\.{_LABEL}){{0,3}}$",
    "ipv4": rf"^({_BYTE}\.){{3}}{_BYTE}$",
    "ipv6": "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$",
}
"""Formats that llama-server does not know; its own are left to it."""


def readable(pattern: str) -> str | None:
    """The pattern as llama-server reads it; None where it cannot be written so."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    begins = pattern.startswith("^")
    ends = pattern.endswith("$") and (len(pattern) - len(pattern[:-1].rstrip("\\"))) % 2 == 1
    inner = _translated(pattern[begins : len(pattern) - ends])
    if inner is None:
        return None
    if begins and ends:
        return f"^{inner}$"
    return f"^{'' if begins else _ANY + '*'}({inner}){'' if ends else _ANY + '*'}$"


def _translated(text: str) -> str | None:
    """Piece by piece, without anchors."""
    told, at = "", 0
    while at < len(text):
        piece, at = _piece(text, at)
        if piece is None:
            return None
        told += piece
    return told


def _piece(text: str, at: int) -> tuple[str | None, int]:
    """What stands here, and where the next piece does; None for what has no such form."""
    sign = text[at]
    match sign:
        case "\\":
            return _escaped(text[at + 1]), at + 2
        case "[":
            return _class(text, at + 1)
        case ".":
            return _ANY, at + 1
        case "(" if text.startswith("(?", at):
            return ("(", at + 3) if text.startswith("(?:", at) else (None, at)
        case "{":
            found = _QUANTITY.match(text, at)
            return (found.group(), found.end()) if found else (None, at)
        case "^" | "$" | '"' | "]" | "}":
            return None, at
        case _:
            return (sign if sign >= " " else None), at + 1


def _escaped(sign: str) -> str | None:
    if sign in _CLASSES:
        return f"[{_CLASSES[sign]}]"
    if sign.lower() in _CLASSES:
        return f"[^{_CLASSES[sign.lower()]}{_OUT}]"
    if sign in _ESCAPED:
        return f"\\{sign}"
    return None if sign.isalnum() or sign in '\\"' or sign < " " else sign


def _class(text: str, at: int) -> tuple[str | None, int]:
    """What stands between brackets, of which the first is behind us."""
    is_negated = text.startswith("^", at)
    at += is_negated
    told = ""
    while text[at] != "]" or not told:
        sign = text[at]
        if sign == "\\":
            at += 1
            sign = text[at]
            part = _CLASSES.get(sign) or (None if sign.isalnum() or sign in '\\"' else _listed(sign))
        elif text[at + 1] == "-" and text[at + 2] not in "]\\":
            part = _range(sign, text[at + 2])
            at += 2
        else:
            part = None if sign < " " or sign == '"' else _listed(sign)
        if part is None:
            return None, at
        told += part
        at += 1
    return f"[{'^' if is_negated else ''}{told}{_OUT if is_negated else ''}]", at + 1


def _range(first: str, last: str) -> str | None:
    holds_out = first < " " or any(first <= one <= last for one in '"\\')
    return None if holds_out or {first, last} & set("[]-^") else f"{first}-{last}"


def _listed(sign: str) -> str:
    """A single sign between brackets."""
    return f"\\{sign}" if sign in "[]-" else sign

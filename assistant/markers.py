"""Markers such as `[1]`, by which a small model names a passage: found while the text streams, unknown ones removed."""

import re
from dataclasses import dataclass

_LIST = r"\d{1,2}(?:, ?\d{1,2}){0,7}"
_MARKER = re.compile(rf"\[({_LIST})\]")
_UNFINISHED = re.compile(rf"\[(?:{_LIST}(?:, ?)?)?$")
"""What may become a marker with the next piece; never longer than 32 characters."""
_HELD = re.compile(rf" ?(?:{_UNFINISHED.pattern})?$")
"""What waits for the next piece: also the space before a marker, which goes if the marker goes."""
_REMOVED = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Text to show as it is."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The model named passage `number`, which exists."""

    number: int

    @property
    def text(self) -> str:
        """How the marker is shown."""
        return f"[{self.number}]"


class MarkerReader:
    """Turns pieces of an answer into words and markers; how the text was cut into pieces makes no difference."""

    def __init__(self, *, passages: int) -> None:
        self._passages = passages
        self._waiting = ""
        self._shown = ""  # the last characters that were given out, enough to see an unfinished marker

    def feed(self, piece: str) -> list[Words | Marker]:
        """What can be shown now that this piece has come."""
        self._waiting += piece
        parts = self._whole_markers()
        held = _HELD.search(self._waiting)
        cut = held.start() if held else len(self._waiting)
        parts += self._words(self._waiting[:cut])
        self._waiting = self._waiting[cut:]
        return parts

    def finish(self) -> list[Words | Marker]:
        """What was still waiting when the text ended."""
        rest, self._waiting = self._waiting, ""
        return self._words(rest)

    def _whole_markers(self) -> list[Words | Marker]:
        parts: list[Words | Marker] = []
        while found := _MARKER.search(self._waiting):
            before = self._waiting[: found.start()]
            self._waiting = self._waiting[found.end() :]
            numbers = [int(number) for number in found[1].split(",")]
            known = [number for number in numbers if 1 <= number <= self._passages]
            parts += self._words(before if known else before.removesuffix(" "))
            for number in known:
                parts.append(Marker(number=number))
                self._shown = ""
            if not known and _UNFINISHED.search(self._shown):
                # Without something in between, what is left and right of it would look like a marker of its own.
                parts += self._words(_REMOVED)
        return parts

    def _words(self, text: str) -> list[Words | Marker]:
        if not text:
            return []
        self._shown = (self._shown + text)[-40:]
        return [Words(text=text)]

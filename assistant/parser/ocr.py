"""Pictures of text read by Tesseract, a program of its own: which script and language, and where each word stands."""

import io
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image

from assistant.parser.failure import FileFailureError
from assistant.parser.page import FULL, Word
from assistant.parser.protocol import Limits
from assistant.parser.tongues import SCRIPTS, language_of

_PROGRAM: Final = "tesseract"
_LEAST_CONFIDENCE: Final = 30.0
"""Of a word, out of 100; below, it is a stain more often than a word."""
_DOUBTFUL: Final = 70.0
"""A page whose words are on average less certain is looked at anew: turned, or of another script."""
_LEAST_PIXELS: Final = 30
_OSD: Final = re.compile(r"Rotate: (\d+)\b.*?Script: (\w+)", re.DOTALL)
_TURNS: Final = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
_LATIN: Final = ("eng",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The text on a picture, and its words with their boxes."""

    text: str = ""
    words: tuple[Word, ...] = ()
    confidence: float = 0.0


@dataclass(slots=True, kw_only=True)
class Eye:
    """Reads the pictures of one document; what it learned on one page (script, language) helps on the next."""

    limits: Limits
    languages: tuple[str, ...] = _LATIN

    def read(self, picture: Image.Image) -> Recognised:
        """The text of a picture. Raises FileFailureError where this box has no Tesseract or it took too long."""
        if min(picture.size) < _LEAST_PIXELS:
            return Recognised()
        deadline = time.monotonic() + self.limits.page_seconds
        grey = picture.convert("L")
        found = _recognised(grey, self.languages, deadline)
        if found.confidence < _DOUBTFUL or not found.text:
            found = self._second_look(grey, found, deadline)
        spoken = language_of(found.text) if self.languages[0] in SCRIPTS["Latin"] else None
        if spoken and spoken not in self.languages and spoken in installed():
            again = _recognised(grey, (spoken, "eng"), deadline)
            if _better(found, again) is again:
                self.languages = (spoken, "eng")
                return again
        return found

    def _second_look(self, grey: Image.Image, found: Recognised, deadline: float) -> Recognised:
        """Perhaps the page stands on its side, or its script is another one."""
        turn, script = _oriented(grey, deadline)
        known = SCRIPTS.get(script, _LATIN)
        leading = known if script == "Latin" else known[:1]
        languages = self.languages if self.languages[0] in leading else _usable(_LATIN if script == "Latin" else known)
        if not turn and languages == self.languages:
            return found
        turned = grey.transpose(_TURNS[turn]) if turn else grey
        again = _recognised(turned, languages, deadline)
        better = _better(found, _unturned(again, turn))
        if better is not found:
            self.languages = languages
        return better


@cache
def installed() -> frozenset[str]:
    """The languages that Tesseract has here."""
    listed = _run(["--list-langs"], b"", time.monotonic() + 20)
    return frozenset(line.strip() for line in listed.splitlines()[1:])


def _usable(languages: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in languages if one in installed()) or _LATIN


def _better(one: Recognised, other: Recognised) -> Recognised:
    return other if other.confidence * len(other.words) > one.confidence * len(one.words) else one


def _oriented(grey: Image.Image, deadline: float) -> tuple[int, str]:
    """How far to turn the picture, and its script; (0, "Latin") where there is too little to tell."""
    found = _OSD.search(_run(["stdin", "stdout", "--psm", "0"], _encoded(grey), deadline))
    return (int(found[1]) % 360, found[2]) if found and int(found[1]) % 90 == 0 else (0, "Latin")


def _recognised(grey: Image.Image, languages: Sequence[str], deadline: float) -> Recognised:
    options = ["stdin", "stdout", "-l", "+".join(languages), "--psm", "3", "-c", "tessedit_create_tsv=1"]
    return from_tsv(_run(options, _encoded(grey), deadline), grey.size)


def _encoded(grey: Image.Image) -> bytes:
    out = io.BytesIO()
    grey.save(out, format="PPM")
    return out.getvalue()


def _run(options: Sequence[str], picture: bytes, deadline: float) -> str:
    """Tesseract's answer. It gets one thread, no file but its standard input, and no longer than the page may take."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            [_PROGRAM, *options],
            input=picture,
            capture_output=True,
            timeout=max(deadline - time.monotonic(), 0.1),
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise FileFailureError("timeout") from error
    except OSError as error:
        raise FileFailureError("no_text", "Hearth cannot read pictures of text here: Tesseract is missing.") from error
    return done.stdout.decode("utf-8", "replace")


def from_tsv(answer: str, size: tuple[int, int]) -> Recognised:
    """The words of Tesseract's table: a space between words, a line end between lines, an empty line between blocks."""
    text = ""
    words: list[Word] = []
    certainty: Counter[str] = Counter()
    before: tuple[str, ...] | None = None
    for place, box, confidence, word in _rows(answer):
        if before is not None:
            text += "\n\n" if place[:2] != before[:2] else "\n" if place != before else _space(text, word)
        before = place
        start = len(text)
        text += word
        left, top, width, height = box
        words.append(
            Word(
                start=start,
                end=len(text),
                left=_part(left, size[0]),
                top=_part(top, size[1]),
                right=_part(left + width, size[0]),
                bottom=_part(top + height, size[1]),
            )
        )
        certainty["sum"] += round(confidence)
    mean = certainty["sum"] / len(words) if words else 0.0
    return Recognised(text=text, words=tuple(words), confidence=mean)


def _rows(answer: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int, int, int], float, str]]:
    for line in answer.splitlines():
        fields = line.split("\t")
        if len(fields) != 12 or fields[0] != "5" or not fields[11].strip():
            continue
        confidence = float(fields[10])
        if confidence >= _LEAST_CONFIDENCE:
            left, top, width, height = map(int, fields[6:10])
            yield tuple(fields[2:5]), (left, top, width, height), confidence, fields[11].strip()


def _space(text: str, word: str) -> str:
    """Between words; Chinese, Japanese and Thai have none."""
    return "" if _is_spaceless(text[-1:]) and _is_spaceless(word[:1]) else " "


def _is_spaceless(character: str) -> bool:
    return "\u0e00" <= character <= "\u0e7f" or "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _part(pixels: int, whole: int) -> int:
    return min(max(pixels * FULL // max(whole, 1), 0), FULL)


def _unturned(found: Recognised, turn: int) -> Recognised:
    """The words' boxes on the picture as it was before it was turned clockwise."""
    words = tuple(_unturned_word(word, turn) for word in found.words)
    return Recognised(text=found.text, words=words, confidence=found.confidence)


def _unturned_word(word: Word, turn: int) -> Word:
    left, top, right, bottom = word.left, word.top, word.right, word.bottom
    match turn:
        case 90:
            left, top, right, bottom = top, FULL - right, bottom, FULL - left
        case 180:
            left, top, right, bottom = FULL - right, FULL - bottom, FULL - left, FULL - top
        case 270:
            left, top, right, bottom = FULL - bottom, left, FULL - top, right
    return Word(start=word.start, end=word.end, left=left, top=top, right=right, bottom=bottom)

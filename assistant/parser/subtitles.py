"""SRT and VTT subtitles: what is said, with the time at which it is said."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from assistant.parser.blocks import Block, paged
from assistant.parser.desk import Desk
from assistant.parser.page import Page
from assistant.parser.plain import decoded

_TIMES: Final = re.compile(r"^\s*((?:\d+:)?\d{1,2}:\d{2})[.,]\d{1,3}\s*-->.*$")
_SPEAKER: Final = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG: Final = re.compile(r"</?[a-zA-Z0-9][^>]*>|\{\\[^}]*\}")
_NO_SPEECH: Final = ("STYLE", "REGION")


def read(content: bytes, _kind: str, _desk: Desk) -> Iterator[Page]:
    """Read subtitles; each stands in a line of its own behind its time. Raises FileFailureError."""
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    yield from paged(Block(text=line, tight=True) for line in _lines(text))


def _lines(text: str) -> Iterator[str]:
    for cue in re.split(r"\n[ \t]*\n", text.removeprefix("\ufeff")):
        lines = [line for line in cue.split("\n") if line.strip()]
        if not lines or lines[0].startswith(_NO_SPEECH):
            continue
        at = next((index for index, line in enumerate(lines) if _TIMES.match(line)), None)
        if at is None:
            yield " ".join(_spoken(line) for line in lines if line.strip() != "WEBVTT")
            continue
        named = [line for line in lines[:at] if not line.strip().isdecimal()]
        time = _TIMES.match(lines[at])
        said = " ".join(_spoken(line) for line in [*named, *lines[at + 1 :]])
        yield f"{time[1] if time else ''} {said}"


def _spoken(line: str) -> str:
    return unescape(_TAG.sub("", _SPEAKER.sub(r"\1: ", line)))

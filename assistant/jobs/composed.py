"""One answer out of what many files gave: a part a file, its citations numbered through; pure functions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from assistant.chats import Sources
from assistant.jobs.rows import Step

_MARKER: Final = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An answer as a chat keeps it."""

    text: str
    citations: list[dict[str, Any]]
    sources: Sources


def composed(steps: Sequence[Step], *, is_whole: bool) -> Composed:
    """The answer from the steps that are done, in their order; it says how many files it went through."""
    results = [step.result for step in steps if step.result is not None]
    telling = [result for result in results if result["found"]]
    parts: list[str] = []
    citations: list[dict[str, Any]] = []
    for result in telling:
        shift = len(citations)
        numbers = {one["marker"]: shift + place for place, one in enumerate(result["citations"], start=1)}
        parts.append(f"## {result['file']}\n\n{_renumbered(result['answer'], numbers)}")
        citations += [{**one, "marker": numbers[one["marker"]]} for one in result["citations"]]
    parts.append(_account(len(steps), len(results), len(telling), is_whole=is_whole))
    return Composed(text="\n\n".join(parts), citations=citations, sources=_sources(results, telling))


def _renumbered(text: str, numbers: dict[int, int]) -> str:
    """The text with the markers that it has, each under its new number."""
    return _MARKER.sub(lambda match: f"[{numbers.get(int(match[1]), int(match[1]))}]", text)


def _account(planned: int, read: int, telling: int, *, is_whole: bool) -> str:
    """How thorough it was, as a sentence."""
    if not is_whole and not read:
        return "This answer ended before any file had been gone through."
    if not is_whole:
        return f"This answer ended early: {read} of {_files(planned)} had been gone through."
    if not telling:
        return f"Nothing in your files answers this; {_files(read)} that came near had been gone through."
    rest = f" {telling} of them {'says' if telling == 1 else 'say'} something about it." if read > 1 else ""
    return f"{_files(read)} had been gone through.{rest}"


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _sources(results: Sequence[dict[str, Any]], telling: Sequence[dict[str, Any]]) -> Sources:
    """What stands beside the answer: the passages that the model read come first, as everywhere."""
    read = [one for result in telling for one in result["passages"][: result["fitted"]]]
    unread = [one for result in telling for one in result["passages"][result["fitted"] :]]
    nearest = [] if telling else [result["passages"][0] for result in results if result["passages"]]
    return {
        "found": bool(telling),
        "retrieved": len(read) + len(unread) + len(nearest),
        "fitted": len(read),
        "dropped": sum(result["dropped"] for result in telling),
        "weaker": sum(result.get("weaker", 0) for result in telling),
        "dropped_turns": 0,
        "passages": [*read, *unread, *nearest],
        "computed_on": next((result["computed_on"] for result in reversed(telling) if result["computed_on"]), None),
        "places": [
            {"file": result["file"], "computed_on": result["computed_on"]}
            for result in telling
            if result["computed_on"]
        ],
    }

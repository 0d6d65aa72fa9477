"""Says which fields of a request do not fit, as programs know them: by their own names, and never by what was sent."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi.exceptions import RequestValidationError

Place = tuple[str | int, ...]
_MOST: Final = 8
"""Fields that one refusal names; a list of thousands may be wrong in each of its items."""
_LONGEST_STEP: Final = 80
_WORDS: Final = (
    ("a valid dictionary or object to extract fields from", "an object"),
    ("a valid dictionary", "an object"),
    (
        "Input should be a valid string, unable to parse raw data as a unicode string",
        "a text cannot hold half a character",
    ),
    ("Value error, ", ""),
)
"""What pydantic says, in the words of JSON."""


def told(error: RequestValidationError) -> str:
    """What does not fit, without repeating what was sent."""
    problems = [problem for problem in error.errors() if problem["type"] == "json_invalid"]
    if problems:
        reason = problems[0].get("ctx", {}).get("error", "")
        return f"The body of this request is no JSON{f': {reason}' if reason else ''}. Send JSON in UTF-8."
    listed = [f"{'.'.join(map(str, place))}: {message}" if place else message for place, message in _unfit(error)]
    more = len(listed) - _MOST
    parts = [*listed[:_MOST], *([f"and {more} more"] if more > 0 else [])]
    return f"The request does not fit. {'; '.join(parts)}."


def place_of(error: RequestValidationError) -> str | None:
    """The first field that does not fit, such as `messages[0].role`."""
    for place, _ in _unfit(error):
        if place:
            steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
            return "".join(steps).removeprefix(".")
    return None


def _unfit(error: RequestValidationError) -> list[tuple[Place, str]]:
    """Each field with what is wrong; where it may be one thing or another, what it came nearest to."""
    found: dict[Place, list[str]] = {}
    for problem in error.errors():
        messages = found.setdefault(_place(problem, error.body), [])
        message = _worded(str(problem["msg"]))
        if message not in messages:
            messages.append(message)
    inner = {place[:length] for place in found for length in range(len(place))}
    return [(place, _either(messages)) for place, messages in found.items() if place not in inner]


def _place(problem: dict[str, Any], body: Any) -> Place:
    """The way to the field within what was sent; pydantic's has its own names for alternatives in between."""
    source, *steps = problem["loc"] or ("",)
    if source != "body":
        return tuple(steps)
    if problem["type"] == "json_invalid":
        return ()
    place: list[str | int] = []
    for number, step in enumerate(steps, start=1):
        if (isinstance(body, dict) and step in body) or (
            isinstance(body, list) and isinstance(step, int) and step < len(body)
        ):
            body = body[step]
        elif not (problem["type"] == "missing" and number == len(steps)):
            continue
        place.append(_shown(step))
    return tuple(place)


def _shown(step: str | int) -> str | int:
    """A name that can be told: programs choose some themselves, however long, and with half characters in them."""
    return step if isinstance(step, int) else step[:_LONGEST_STEP].encode("utf-8", "replace").decode()


def _worded(message: str) -> str:
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message


def _either(messages: Sequence[str]) -> str:
    first, *others = messages
    return ", or ".join([first, *(other.removeprefix("Input should be ") for other in others)])

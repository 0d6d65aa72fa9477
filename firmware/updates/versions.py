"""Owns how versions of the system are written and compared."""

import re
from typing import Final, NewType

Version = NewType("Version", str)
"""Two to four numbers with dots between them, `0.2.0`."""

_FORM: Final = re.compile(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){1,3}")


def version_in(text: str) -> Version | None:
    """The version that is written here, and nothing else; None for any other text."""
    return Version(text) if _FORM.fullmatch(text) else None


def is_newer(one: Version, other: Version) -> bool:
    """Whether `one` comes after `other`; missing numbers at the end count as 0."""
    return order(one) > order(other)


def newest(versions: list[Version]) -> Version | None:
    """The last of them; None where there is none."""
    return max(versions, key=order, default=None)


def order(version: Version) -> tuple[int, ...]:
    """By what versions are sorted, the oldest first."""
    numbers = tuple(int(number) for number in version.split("."))
    return numbers + (0,) * (4 - len(numbers))

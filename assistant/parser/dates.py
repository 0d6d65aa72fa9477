"""The day that a file says it is of: when a letter was sent, a photo taken, a document written; believable ones."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_FIRST: Final = date(1980, 1, 1)
"""Clocks that were never set say this day or an earlier one."""
_DAY: Final = re.compile(r"(?:D:)?(\d{4})[-:]?(\d{2})[-:]?(\d{2})")
"""As ISO 8601, PDF (D:20260304…) and Exif (2026:03:04 …) write it."""


def day_of(*written: str) -> date | None:
    """The first of these that is a believable day."""
    return next((day for one in written if (found := _DAY.match(one.strip())) and (day := _day(*found.groups()))), None)


def day_of_mail(written: str) -> date | None:
    """The day in a Date line of a message (RFC 5322)."""
    try:
        day = parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return day if _is_believable(day) else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if _is_believable(found) else None


def _is_believable(day: date) -> bool:
    return _FIRST < day <= datetime.now(UTC).date() + timedelta(days=1)

"""How often something repeats (RFC 5545, 3.3.10), in words: “every second week on Monday, until 2026-12-31”."""

import re
from typing import Final

_UNITS: Final = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_DAYS: Final = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second last"}
_DAY: Final = re.compile(r"([+-]?\d+)?([A-Z]{2})")
_UNTIL: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


def in_words(rule: str) -> str:
    """The rule as a person would say it; as it stands where it says more than these words."""
    parts = dict(part.upper().split("=", 1) for part in rule.strip().split(";") if "=" in part)
    unit = _UNITS.get(parts.pop("FREQ", ""))
    interval, times, until = parts.pop("INTERVAL", "1"), parts.pop("COUNT", ""), parts.pop("UNTIL", "")
    days, dates, months = parts.pop("BYDAY", ""), parts.pop("BYMONTHDAY", ""), parts.pop("BYMONTH", "")
    parts.pop("WKST", None)
    if unit is None or parts or not interval.isdecimal() or int(interval) < 1:
        return rule
    said = f"every {unit}" if interval == "1" else f"every {_ordinal(int(interval))} {unit}"
    said += f" on {_listed([_day(one) for one in days.split(',')])}" if days else ""
    said += f" on day {_listed(dates.split(','))}" if dates else ""
    said += f" in {_listed([_month(one) for one in months.split(',')])}" if months else ""
    said += f", {times} times" if times else ""
    found = _UNTIL.match(until)
    return said + (f", until {found[1]}-{found[2]}-{found[3]}" if found else "")


def _day(written: str) -> str:
    found = _DAY.fullmatch(written.strip())
    if not found or found[2] not in _DAYS:
        return written
    return f"the {_ordinal(int(found[1]))} {_DAYS[found[2]]}" if found[1] else _DAYS[found[2]]


def _month(written: str) -> str:
    return _MONTHS[int(written) - 1] if written.isdecimal() and 1 <= int(written) <= len(_MONTHS) else written


def _ordinal(number: int) -> str:
    return _ORDINALS.get(number, f"{number}th")


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

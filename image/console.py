"""What an emulated PC says on its serial line, as a person would read it: lines, set-up code, fingerprint, report."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

REPORT_MARK = "HEARTH-REPORT "

# What is said last, by the kernel or by systemd, where nothing comes after it.
_DEAD_ENDS = ("Kernel panic - not syncing", "Freezing execution", "You are in emergency mode", "You are in rescue mode")

# CSI, OSC and two-character escape sequences of ECMA-48, which colour and place text on a terminal.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[ -/]?[@-Z\\-_=>78c])")
# Only whole lines count: a serial line arrives letter by letter.
_CODE = re.compile(r"set-?up code\W+([0-9A-Z]+(?:[- ][0-9A-Z]+)*)[ \t]*\r?\n", re.IGNORECASE)
_FINGERPRINT = re.compile(r"fingerprint\W+((?:[0-9A-F]{2}:){7,31}[0-9A-F]{2})[ \t]*\r?\n", re.IGNORECASE)
_JOIN = re.compile(r"^To join \S+: (https://\S+)[ \t]*\r?\n", re.MULTILINE)
_WORDS = re.compile(r"has to show these words:((?:\s+[a-z]+)+)\.\s+If it does")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `hearth-report.service` tells about a finished boot."""

    state: str  # systemd's own word: running, degraded, …
    failed: tuple[str, ...]  # units
    listening: tuple[str, ...]  # ports that others can reach, such as tcp/443
    exposure: Mapping[str, float]  # by unit, as `systemd-analyze security` counts it
    startup: str  # `systemd-analyze time`
    slowest: tuple[str, ...]  # `systemd-analyze blame`, its first lines


def plain(text: str) -> str:
    """The text without escape sequences, carriage returns and other characters that show nothing."""
    shown = _ESCAPES.sub("", text).replace("\r", "")
    return "".join(character for character in shown if character in "\n\t" or character.isprintable())


def last_line(text: str) -> str:
    """The last line with something on it, or nothing."""
    lines = [line.strip() for line in plain(text).splitlines()]
    return next((line for line in reversed(lines) if line), "")


def dead_end(text: str) -> str | None:
    """The line with which the system gave up; None while it goes on."""
    lines = plain(text).splitlines()
    return next((line.strip() for line in lines if any(end in line for end in _DEAD_ENDS)), None)


def tripped(text: str) -> bool:
    """Whether a core stopped at a breakpoint that the kernel had set to rewrite its code, and taken away again.

    A PC's cores see both in time; those that QEMU 7.2 emulates side by side may not: seen in 2 of some 70 boots.
    """
    return "Oops: int3" in plain(text)


def setup_code(text: str) -> str | None:
    """The set-up code that was shown last; None before the first."""
    found = _CODE.findall(plain(text))
    return found[-1].strip() if found else None


def fingerprint(text: str) -> str | None:
    """How the certificate's SHA-256 begins, shown last, such as `29:0D:96:02:AC:18:1B:A2`; None before the first."""
    found = _FINGERPRINT.findall(plain(text))
    return found[-1].upper() if found else None


def join_link(text: str) -> str | None:
    """What the owner of another Hearth is to scan, shown last; None before the first."""
    found = _JOIN.findall(plain(text))
    return found[-1] if found else None


def join_words(text: str) -> list[str] | None:
    """The words that both boxes show before one is let in, shown last; None before the first."""
    found = _WORDS.findall(plain(text))
    return found[-1].split() if found else None


def report(text: str) -> Report | None:
    """The last whole report; None before the first."""
    for line in reversed(plain(text).splitlines()):
        _, mark, rest = line.partition(REPORT_MARK)
        if mark:
            try:
                told, _ = json.JSONDecoder().raw_decode(rest)
            except json.JSONDecodeError:
                continue  # the line is still being written
            return Report(
                state=told["state"],
                failed=tuple(told["failed"]),
                listening=tuple(told["listening"]),
                exposure=told["exposure"],
                startup=told["startup"],
                slowest=tuple(told["slowest"]),
            )
    return None

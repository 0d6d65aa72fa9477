"""The table that a bench prints: each figure beside its bar, if it has one."""

from collections.abc import Mapping
from pathlib import Path

from tests.product import ROOT

Bars = Mapping[str, tuple[str, float]]
"""By figure: `>=` or `<=`, and what it is held against."""


def table(figures: Mapping[str, float], bars: Bars, output: Path) -> str:
    """The figures beside their bars, and where they were written to."""
    lines = [f"{'figure':<44} {'measured':>12}   bar"]
    lines += [
        f"{name:<44} {value:>12.3f}   {_told(value, *bars[name]) if name in bars else ''}".rstrip()
        for name, value in figures.items()
    ]
    return "\n".join(lines) + f"\n\nwritten to {output.relative_to(ROOT)}\n"


def _told(value: float, sign: str, bar: float) -> str:
    is_met = value >= bar if sign == ">=" else value <= bar
    return f"{sign} {bar}{'' if is_met else '   MISSED'}"

"""Owns reading how this machine is: memory, disk, battery and heat, from the kernel alone."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware.tree import Tree
from mesh.report import Vitals

MEMORIES = "sys/devices/system/node"
SUPPLIES = "sys/class/power_supply"
ZONES = "sys/class/thermal"
PROCESSORS = "sys/devices/system/cpu"
COOLING = ("Processor", "intel_powerclamp", "cpufreq-", "thermal-cpufreq-", "cpuidle-", "thermal-idle-")
"""The kinds of cooling devices that make a processor slower: of ACPI, of Intel, and of other boards."""
HELD_BACK_SECONDS = 10.0
"""A processor counts a moment; so long it is said to be held back."""
TO_BE_HAD = ("MemFree", "Active(file)", "Inactive(file)", "SReclaimable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What feeds a machine that has a battery; all None where it has none."""

    on_battery: bool | None = None
    share: float | None = None
    is_charging: bool | None = None


class VitalsReader:
    """Reads the machine's vitals again and again; only two looks together tell of what the processors only count."""

    def __init__(self, state: Path, *, monotonic: Callable[[], float], root: Path = Path("/")) -> None:
        """`state` is the folder whose disk counts."""
        self._state = state
        self._tree = Tree(root)
        self._monotonic = monotonic
        self._counted: int | None = None
        self._held_back_until = float("-inf")

    def read(self) -> Vitals:
        """The vitals of this moment; blocking."""
        power = battery(self._tree)
        total, free = memory(self._tree)
        return Vitals(
            memory_bytes=total,
            memory_free_bytes=free,
            disk_free_bytes=shutil.disk_usage(self._state).free,
            on_battery=power.on_battery,
            battery_share=power.share,
            is_charging=power.is_charging,
            temperature_celsius=temperature(self._tree),
            is_throttled=self._is_throttled(),
        )

    def _is_throttled(self) -> bool:
        counted, now = times_held_back(self._tree), self._monotonic()
        if self._counted is not None and counted > self._counted:
            self._held_back_until = now + HELD_BACK_SECONDS
        self._counted = counted
        return cooled(self._tree) or now < self._held_back_until


def memory(tree: Tree) -> tuple[int, int]:
    """Bytes in all and bytes to be had.

    A sandbox hides /proc/meminfo; there the same counters are read of each node of the memory in /sys, and the kernel's
    own estimate is made again: what is free, and what only keeps files at hand. Where that is not told either,
    sysinfo(2) is asked, which knows nothing of files.
    """
    told = _amounts(tree.text("proc/meminfo") or "")
    if "MemTotal" in told and "MemAvailable" in told:
        return told["MemTotal"], told["MemAvailable"]
    parts = [_amounts(tree.text(f"{MEMORIES}/{name}/meminfo") or "") for name in tree.names(MEMORIES)]
    parts = [part for part in parts if "MemTotal" in part and "MemFree" in part]
    if parts:
        return sum(part["MemTotal"] for part in parts), sum(part.get(one, 0) for part in parts for one in TO_BE_HAD)
    page = os.sysconf("SC_PAGE_SIZE")
    return os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page


def _amounts(text: str) -> dict[str, int]:
    """Bytes by name, from lines such as `MemFree: 17 kB` or `Node 0 MemFree: 17 kB`."""
    told = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            told[name.split(" ")[-1]] = int(words[0]) * 1024
    return told


def battery(tree: Tree) -> Power:
    """What feeds this machine. Of several batteries, as some laptops have, one that is emptied speaks for all."""
    found = [
        f"{SUPPLIES}/{name}"
        for name in tree.names(SUPPLIES)
        if tree.text(f"{SUPPLIES}/{name}/type") == "Battery" and tree.text(f"{SUPPLIES}/{name}/scope") != "Device"
    ]
    if not found:
        return Power()
    standings = {tree.text(f"{supply}/status") for supply in found}
    percents = [tree.number(f"{supply}/capacity") for supply in found]
    told = [min(1.0, max(0.0, percent / 100)) for percent in percents if percent is not None]
    on_battery = "Discharging" in standings
    share = sum(told) / len(told) if told else None
    return Power(on_battery=on_battery, share=share, is_charging=not on_battery and "Charging" in standings)


def temperature(tree: Tree) -> float | None:
    """The hottest zone in degrees Celsius."""
    found = [tree.number(f"{ZONES}/{name}/temp") for name in tree.names(ZONES) if name.startswith("thermal_zone")]
    told = [number / 1000 for number in found if number is not None and 0 < number < 200_000]
    return max(told, default=None)


def cooled(tree: Tree) -> bool:
    """Whether a cooling device holds a processor back now."""
    for name in tree.names(ZONES):
        device = f"{ZONES}/{name}"
        kind = tree.text(f"{device}/type") or ""
        if kind.startswith(COOLING) and (tree.number(f"{device}/cur_state") or 0) > 0:
            return True
    return False


def times_held_back(tree: Tree) -> int:
    """How often the processors have held themselves back for heat since the start, as those of Intel count it."""
    counts = [
        tree.number(f"{PROCESSORS}/{name}/thermal_throttle/{kind}_throttle_count") or 0
        for name in tree.names(PROCESSORS)
        if name.removeprefix("cpu").isdigit()
        for kind in ("core", "package")
    ]
    return sum(counts)

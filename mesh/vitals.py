"""Owns reading how this machine is: memory, disk, battery and heat, from the kernel alone."""

import os
import shutil
from pathlib import Path

from firmware.tree import Tree
from mesh.report import Vitals

MEMORIES = "sys/devices/system/node"
SUPPLIES = "sys/class/power_supply"
ZONES = "sys/class/thermal"
PROCESSORS = "sys/devices/system/cpu"
TO_BE_HAD = ("MemFree", "Active(file)", "Inactive(file)", "SReclaimable")


def read_vitals(state: Path, root: Path = Path("/")) -> Vitals:
    """The machine's vitals; `state` is the folder whose disk counts."""
    tree = Tree(root)
    on_battery, share = battery(tree)
    total, free = memory(tree)
    return Vitals(
        memory_bytes=total,
        memory_free_bytes=free,
        disk_free_bytes=shutil.disk_usage(state).free,
        on_battery=on_battery,
        battery_share=share,
        temperature_celsius=temperature(tree),
        is_throttled=throttled(tree),
    )


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


def battery(tree: Tree) -> tuple[bool | None, float | None]:
    """Whether a battery feeds this machine, and how full it is; None and None where there is none."""
    for name in tree.names(SUPPLIES):
        supply = f"{SUPPLIES}/{name}"
        if tree.text(f"{supply}/type") != "Battery" or tree.text(f"{supply}/scope") == "Device":
            continue
        percent = tree.number(f"{supply}/capacity")
        share = None if percent is None else min(1.0, max(0.0, percent / 100))
        return tree.text(f"{supply}/status") == "Discharging", share
    return None, None


def temperature(tree: Tree) -> float | None:
    """The hottest zone in degrees Celsius."""
    found = [tree.number(f"{ZONES}/{name}/temp") for name in tree.names(ZONES) if name.startswith("thermal_zone")]
    told = [number / 1000 for number in found if number is not None and 0 < number < 200_000]
    return max(told, default=None)


def throttled(tree: Tree) -> bool:
    """Whether a cooling device holds the processor back now."""
    for name in tree.names(ZONES):
        device = f"{ZONES}/{name}"
        if (tree.text(f"{device}/type") or "") == "Processor" and (tree.number(f"{device}/cur_state") or 0) > 0:
            return True
    return False

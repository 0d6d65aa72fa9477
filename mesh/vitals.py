"""Owns reading how this machine is: memory, disk, battery and heat, from the kernel alone."""

import os
import shutil
from pathlib import Path

from firmware.tree import Tree
from mesh.report import Vitals

SUPPLIES = "sys/class/power_supply"
ZONES = "sys/class/thermal"
PROCESSORS = "sys/devices/system/cpu"


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
    """Bytes in all and bytes to be had; in a sandbox without /proc/meminfo what sysinfo(2) tells."""
    told = {}
    for line in (tree.text("proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            told[name] = int(words[0]) * 1024
    page = os.sysconf("SC_PAGE_SIZE")
    total = told.get("MemTotal", os.sysconf("SC_PHYS_PAGES") * page)
    return total, told.get("MemAvailable", os.sysconf("SC_AVPHYS_PAGES") * page)


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

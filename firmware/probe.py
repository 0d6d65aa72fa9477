"""Owns looking at this PC: everything that Hearth knows about it comes from /proc and /sys, read here once a start."""

from pathlib import Path

from firmware.accelerators import read_gpus, read_npus
from firmware.control_groups import memory_limit
from firmware.disks import read_disks
from firmware.hardware import Hardware, Memory
from firmware.machine import read_battery, read_machine
from firmware.processor import read_processor
from firmware.tree import Tree


def probe(root: Path = Path("/")) -> Hardware:
    """The PC whose /proc and /sys lie under `root`. What the kernel does not tell is None or empty, never an error."""
    tree = Tree(root)
    return Hardware(
        processor=read_processor(tree),
        memory=Memory(total_bytes=_total_bytes(tree), limit_bytes=memory_limit(tree)),
        gpus=read_gpus(tree),
        npus=read_npus(tree),
        battery=read_battery(tree),
        disks=read_disks(tree),
        machine=read_machine(tree),
    )


def _total_bytes(tree: Tree) -> int | None:
    for line in (tree.text("proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemTotal" and rest.split()[:1] and rest.split()[0].isdigit():
            return int(rest.split()[0]) * 1024
    return None

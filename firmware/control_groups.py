"""Owns reading the limits that a control group sets on this system: a container may use less than the PC has."""

from collections.abc import Iterator

from firmware.tree import Tree

ROOT = "sys/fs/cgroup"
UNLIMITED_BYTES = 1 << 60  # version 1 writes "no limit" as the largest page count


def cpu_quota(tree: Tree) -> float | None:
    """The CPU time allowed, in cores, by the tightest group above this process; None without a limit."""
    limits = [
        limit
        for limit in (
            *(_quota_of(tree.text(f"{folder}/cpu.max")) for folder in _folders(tree, "")),
            *(_version_1_quota(tree, folder) for folder in _folders(tree, "cpu")),
        )
        if limit is not None
    ]
    return min(limits, default=None)


def memory_limit(tree: Tree) -> int | None:
    """The memory allowed, in bytes, by the tightest group above this process; None without a limit."""
    limits = [
        limit
        for limit in (
            *(tree.number(f"{folder}/memory.max") for folder in _folders(tree, "")),
            *(tree.number(f"{folder}/memory.limit_in_bytes") for folder in _folders(tree, "memory")),
        )
        if limit is not None and 0 < limit < UNLIMITED_BYTES
    ]
    return min(limits, default=None)


def _folders(tree: Tree, controller: str) -> Iterator[str]:
    """The folders from this process's group up to the root; `controller` is empty for version 2."""
    for line in (tree.text("proc/self/cgroup") or "").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller not in controllers.split(","):
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        while True:
            yield "/".join([ROOT, *([controller] if controller else []), *parts])
            if not parts:
                return
            parts.pop()


def _quota_of(text: str | None) -> float | None:
    quota, _, period = (text or "").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _version_1_quota(tree: Tree, folder: str) -> float | None:
    quota, period = tree.number(f"{folder}/cpu.cfs_quota_us"), tree.number(f"{folder}/cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None

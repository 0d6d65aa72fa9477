"""Owns reading the processors: cores, instruction sets, the x86-64 level, and the limits set on this system."""

from typing import NamedTuple

from firmware.control_groups import cpu_quota
from firmware.hardware import Processor
from firmware.tree import Tree, numbers_of

CPUS = "sys/devices/system/cpu"
NODES = "sys/devices/system/node"

# Source: the x86-64 psABI, "micro-architecture levels", in the spelling of /proc/cpuinfo
# (pni is SSE3, abm holds LZCNT, osxsave is not shown and follows from avx).
LEVELS = (
    frozenset(["cmov", "cx8", "fpu", "fxsr", "lm", "mmx", "sse", "sse2", "syscall"]),
    frozenset(["cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3"]),
    frozenset(["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"]),
    frozenset(["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"]),
)
ENGINE_FEATURES = frozenset(
    [
        *("sse4_2", "avx", "avx2", "avx_vnni", "bmi2", "f16c", "fma"),
        *("avx512f", "avx512bw", "avx512_bf16", "avx512_vbmi", "avx512_vnni"),
        *("amx_bf16", "amx_int8", "amx_tile"),
    ]
)


def read_processor(tree: Tree) -> Processor:
    """The processors under `tree`; a machine that tells nothing has one core."""
    listed = _listed_cpus(tree.text("proc/cpuinfo") or "")
    first = next(iter(listed.values()), {})
    flags = frozenset(first.get("flags", "").split())
    cpus = _usable_cpus(tree, frozenset(listed))
    cores = {cpu: _core(tree, cpu, listed.get(cpu, {})) for cpu in cpus}
    performance = {cores[cpu] for cpu in numbers_of(tree.text("sys/devices/cpu_core/cpus")) & cpus}
    efficiency = {cores[cpu] for cpu in numbers_of(tree.text("sys/devices/cpu_atom/cpus")) & cpus}
    hybrid = bool(performance and efficiency)
    return Processor(
        vendor=first.get("vendor_id"),
        model=" ".join(first["model name"].split()) if "model name" in first else None,
        features=tuple(sorted(flags & ENGINE_FEATURES)),
        level=x86_64_level(flags) if flags else None,
        packages=len({core.package for core in cores.values()}),
        numa_nodes=max(1, sum(bool(node & cpus) for node in _nodes(tree))),
        physical_cores=len(set(cores.values())),
        threads=len(cpus),
        performance_cores=len(performance) if hybrid else None,
        efficiency_cores=len(efficiency) if hybrid else None,
        quota_cores=cpu_quota(tree),
    )


def x86_64_level(flags: frozenset[str]) -> int:
    """The highest x86-64 level whose instructions, and those of all levels below, are among `flags`; 0 for none."""
    reached = 0
    for level, needed in enumerate(LEVELS, start=1):
        if not needed <= flags:
            break
        reached = level
    return reached


class _Core(NamedTuple):
    package: int
    number: int


def _listed_cpus(cpuinfo: str) -> dict[int, dict[str, str]]:
    """The blocks of /proc/cpuinfo by CPU number."""
    listed: dict[int, dict[str, str]] = {}
    for block in cpuinfo.split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines())
        values = {name.strip(): value.strip() for name, _, value in pairs}
        if values.get("processor", "").isdigit():
            listed[int(values["processor"])] = values
    return listed


def _usable_cpus(tree: Tree, listed: frozenset[int]) -> frozenset[int]:
    """The CPUs that are there and on which the scheduler lets this process run."""
    there = numbers_of(tree.text(f"{CPUS}/online")) or listed or frozenset([0])
    status = (tree.text("proc/self/status") or "").splitlines()
    allowed = numbers_of(
        next((line.partition(":")[2].strip() for line in status if line.startswith("Cpus_allowed_list:")), None)
    )
    return there & allowed or there


def _core(tree: Tree, cpu: int, listed: dict[str, str]) -> _Core:
    """The core that a CPU is a thread of: from /sys, else from /proc/cpuinfo, else the CPU itself."""
    package = tree.number(f"{CPUS}/cpu{cpu}/topology/physical_package_id")
    siblings = numbers_of(tree.text(f"{CPUS}/cpu{cpu}/topology/thread_siblings_list"))
    if package is not None and siblings:
        return _Core(package, min(siblings))
    if "physical id" in listed and "core id" in listed:
        return _Core(int(listed["physical id"]), int(listed["core id"]))
    return _Core(0, cpu)


def _nodes(tree: Tree) -> list[frozenset[int]]:
    names = (name for name in tree.names(NODES) if name.startswith("node"))
    return [numbers_of(tree.text(f"{NODES}/{name}/cpulist")) for name in names]

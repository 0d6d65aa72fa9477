"""How a machine is, read from trees as kernels show them."""

from pathlib import Path

import pytest

from firmware.tree import Tree
from mesh.vitals import memory

Files = dict[str, str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path


def written(root: Path, files: Files) -> Tree:
    """A machine with these files; their paths are below `/sys`, unless they begin with `/`."""
    for path, text in files.items():
        file = root / (path.lstrip("/") if path.startswith("/") else f"sys/{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return Tree(root)


OF_THE_WHOLE = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable: 3000 kB"
OF_A_PART = (
    "\nNode {0} MemTotal: 4000 kB\nNode {0} MemFree: 100 kB\nNode {0} Active(file): 700 kB\n"
    "Node {0} Inactive(file): 500 kB\nNode {0} FilePages: 1500 kB\nNode {0} Shmem: 300 kB\nNode {0} SReclaimable: 50 kB"
)
PART = "devices/system/node/node{0}/meminfo"


@pytest.mark.parametrize(
    ("files", "told_kib"),
    [
        ({"/proc/meminfo": OF_THE_WHOLE, PART.format(0): OF_A_PART.format(0)}, (8000, 3000)),
        ({PART.format(0): OF_A_PART.format(0)}, (4000, 1350)),
        ({PART.format(0): OF_A_PART.format(0), PART.format(1): OF_A_PART.format(1)}, (8000, 2700)),
        ({PART.format(0): OF_A_PART.format(0), "devices/system/node/possible": "0"}, (4000, 1350)),
    ],
    ids=["kernel's own estimate", "sandbox", "two processors", "other files"],
)
def test_memory_to_be_had_counts_what_only_keeps_files_at_hand(
    tree: Path, files: Files, told_kib: tuple[int, int]
) -> None:
    assert memory(written(tree, files)) == (told_kib[0] * 1024, told_kib[1] * 1024)


def test_this_very_machine_tells_the_same_from_a_sandbox_as_from_outside(tree: Path) -> None:
    """Within a tenth of the memory: the kernel's own estimate leaves a reserve out."""
    outside = memory(Tree(Path("/")))
    (tree / "sys/devices/system").mkdir(parents=True)
    (tree / "sys/devices/system/node").symlink_to("/sys/devices/system/node")

    inside = memory(Tree(tree))

    assert inside[0] == pytest.approx(outside[0], rel=0.02)
    assert inside[1] == pytest.approx(outside[1], abs=outside[0] / 10)


def test_a_machine_that_tells_nothing_is_asked_by_a_call(tree: Path) -> None:
    total, free = memory(Tree(tree))

    assert 0 < free <= total

"""What nodes tell each other grows with their number as was reckoned, and a bench that fails in part keeps the rest."""

import itertools
import json
from pathlib import Path
from typing import Any

from tests.bench.growth import SIZES, growth
from tests.bench.mesh import main


def test_what_one_node_says_to_another_grows_with_their_number_and_not_faster() -> None:
    figures = growth()

    sizes = [figures[f"exchange_bytes_{nodes}_nodes"] for nodes in SIZES]
    each = (sizes[2] - sizes[1]) / (SIZES[2] - SIZES[1])
    assert each < 150, "so many bytes for each node that there is"
    assert sizes[1] - sizes[0] < 1.2 * each * (SIZES[1] - SIZES[0])
    assert figures["told_bytes_per_second_10_nodes"] < 10_000, "a house of ten is silent enough for any Wi-Fi"
    assert figures["told_bytes_per_second_100_nodes"] < 100_000
    for few, many in itertools.pairwise(SIZES):
        grown = figures[f"told_bytes_per_second_{many}_nodes"] / figures[f"told_bytes_per_second_{few}_nodes"]
        assert grown < 1.3 * many / few, "and what one node says to all, too"


def test_a_part_of_the_bench_that_fails_takes_no_figures_of_others_along(tmp_path: Path) -> None:
    target = tmp_path / "bench/mesh.json"
    seen: list[dict[str, Any]] = []

    def fails() -> dict[str, Any]:
        seen.append(json.loads(target.read_text()))
        raise RuntimeError

    code = main({"one": lambda: {"a": 1.0}, "two": fails, "three": lambda: {"violations": 0}}, target)

    assert code == 1
    assert seen == [{"a": 1.0, "failed_parts": []}]
    assert json.loads(target.read_text()) == {"a": 1.0, "violations": 0, "failed_parts": ["two"]}
    assert main({"one": lambda: {"violations": 1}}, target) == 1
    assert main({"one": lambda: {"violations": 0}}, target) == 0

"""`hearth bench` over two whole products: every node, the link between them, and one model over both."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.journeys.test_split_model import SHIPPED, joined
from tests.person import Person
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    config = tmp_path / "quiet.toml"
    config.write_text("[engine]\nquiet_seconds = 100000.0\n[mesh]\nsplit_least_tokens_per_second = 0.0001\n")
    return config


def bench(product: Product, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "services.command", "bench", *words, "--data", str(product.data)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=1500)


def is_measured(spread: dict[str, Any], rounds: int) -> bool:
    return bool(0 < spread["low"] <= spread["median"] <= spread["high"]) and int(spread["count"]) >= rounds


def test_one_bench_measures_both_boxes_their_link_and_a_model_over_both(quiet: Path, tmp_path: Path) -> None:
    figures, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    with running(config=[quiet]) as product, running(config=[quiet]) as other:
        home, guest = Person(product.url), Person(other.url)
        home.claim(product.setup_code).raise_for_status()
        guest.claim(other.setup_code).raise_for_status()
        joined(home, guest)
        names = {node["node_id"]: node["name"] for node in home.client.get("/api/nodes").json()["nodes"]}

        done = bench(product, "--model", SHIPPED, "--rounds", "2", "--json", str(figures), "--picture", str(picture))
        unknown = bench(product, "--model", "nobody's", "--rounds", "1")

    assert done.returncode == 0, done.stderr
    report = json.loads(figures.read_text())
    assert {node["node_id"]: node["name"] for node in report["nodes"]} == names
    for node in report["nodes"]:
        (model,) = node["models"]
        assert model["name"] == SHIPPED
        assert model["problem"] == ""
        assert is_measured(model["speed"]["prefill"], 2)
        assert is_measured(model["speed"]["decode"], 2)
        assert model["speed"]["output_tokens"] == 32
        assert model["speed"]["prompt_tokens"] >= 200
    (link,) = report["links"]
    assert {link["from_node"], link["to_node"]} == set(names.values())
    for figure in ("round_trip_ms", "up_mbit_per_second", "down_mbit_per_second"):
        assert is_measured(link[figure], 2)
    (split,) = report["splits"]
    assert split["problem"] == ""
    assert is_measured(split["speed"]["decode"], 2)
    assert split["decode_vs_single"] > 0
    assert split["single_node"] in names.values()
    assert all(name in done.stdout for name in (SHIPPED, "this box", "Mbit/s"))
    drawn = etree.fromstring(picture.read_text())
    assert all(any(name in (text.text or "") for text in drawn.iter()) for name in names.values())
    assert unknown.returncode == 1
    assert "No node has a model “nobody's”." in unknown.stderr

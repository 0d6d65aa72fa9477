"""A PC whose graphics are to compute and do not: the processor takes over, says so, and nothing circles."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.person import Person
from tests.product import ROOT, Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

CARD = "AMD Radeon RX 7600 (RADV NAVI33)"
# In place of the driver: it has a card, or dies when it is asked; and with a model on the card it always dies.
ENGINE = """\
#!/bin/sh
for word in "$@"; do
    case "$word" in
        --list-devices)
            echo asked >>{notes}
            {listing} ;;
        --device)
            echo loaded >>{notes}
            kill -SEGV $$ ;;
    esac
done
exec {real} "$@"
"""
LISTS = f"echo '  Vulkan0: {CARD} (8176 MiB, 8000 MiB free)'; exit 0"
Node = Callable[[str], AbstractContextManager[tuple[Product, Path]]]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Starts a node whose engine has such a driver; its notes tell what was asked of that."""

    @contextmanager
    def started(listing: str) -> Iterator[tuple[Product, Path]]:
        engine = Path(tomllib.loads((ROOT / "build" / "places.toml").read_text())["places"]["engine"])
        ours, notes = tmp_path / "engine", tmp_path / "notes"
        ours.mkdir()
        for file in engine.iterdir():
            (ours / file.name).symlink_to(file)
        (ours / "llama-server").unlink()
        (ours / "llama-server").write_text(ENGINE.format(notes=notes, listing=listing, real=engine / "llama-server"))
        (ours / "llama-server").chmod(0o755)
        (tmp_path / "module").mkdir()
        (tmp_path / "module" / "libggml-vulkan.so").write_bytes(b"")
        config = tmp_path / "graphics.toml"
        config.write_text(
            f'[places]\nengine = "{ours}"\ngraphics = "{tmp_path / "module"}"\n'
            '[engine]\ngraphics = "on"\nquiet_seconds = 600.0\n'
        )
        with running(config=[config]) as product:
            yield product, notes

    return started


def status(product: Product) -> dict[str, Any]:
    """What `hearth status` says."""
    said = subprocess.run(
        [sys.executable, "-m", "services.command", "status", "--json", "--data", str(product.data)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=dict(os.environ),
    )
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def test_a_driver_that_dies_with_a_model_costs_nothing_but_its_speed(node: Node) -> None:
    with node(LISTS) as (product, notes):
        person = Person(product.url)
        person.claim(product.setup_code).raise_for_status()
        answer = person.ask("What pressure should the boiler show when the radiators are cold?")
        told = person.client.get("/api/models").raise_for_status().json()

        assert answer["citations"]
        assert told["computes"].startswith("The processor computes. The driver of the graphics card")
        assert CARD in told["computes"]
        assert status(product)["computes"] == told["computes"]
        assert told["models"][0]["fit"]["place"] == "memory"
        assert notes.read_text().split() == ["asked", "loaded", "loaded"]  # and not once more since then


def test_a_driver_that_dies_when_it_is_asked_is_left_alone(node: Node) -> None:
    with node("kill -SEGV $$") as (product, notes):
        assert "broke off as it was asked" in status(product)["computes"]
        assert notes.read_text().split() == ["asked"]


def test_a_card_without_a_driver_is_told(node: Node) -> None:
    with node("echo '  (none)'; exit 0") as (product, notes):
        assert status(product)["computes"].startswith("The processor computes. No driver of a graphics card was found")
        assert notes.read_text().split() == ["asked"]

"""Lock files: one pin out of many, and what is shipped against what is tested."""

import re
from pathlib import Path

import pytest

from image.build.checkout import LOCKS
from image.build.errors import LockError
from image.build.locks import pinned


def test_a_pin_comes_with_all_its_hashes_and_nothing_of_its_neighbours(tmp_path: Path) -> None:
    """It is a requirements file of its own."""
    file = tmp_path / "run.lock"
    file.write_text(
        "a==1 \\\n    --hash=sha256:1\na-b==2 ; marker \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\nc==1\n"
    )

    assert pinned(file, "a-b") == "a-b==2 ; marker \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"


def test_a_package_that_is_not_pinned_is_an_error(tmp_path: Path) -> None:
    """The sentence says what to do."""
    file = tmp_path / "run.lock"
    file.write_text("a==1\n")

    with pytest.raises(LockError, match="make lock"):
        pinned(file, "b")


def test_the_test_environment_is_the_product_and_tools() -> None:
    """What is tested is what is shipped: every pin of run.lock stands in test.lock."""
    pin = re.compile(r"^\S+==\S+", re.MULTILINE)
    run, test = (set(pin.findall((LOCKS / f"{name}.lock").read_text())) for name in ("run", "test"))

    assert run <= test

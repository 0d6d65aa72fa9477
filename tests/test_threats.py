"""`THREATS.md` names tests that are there, and every class of holes that the project's list knows."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIST = ROOT.parent / "shared" / "threats.md"


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(test_\w+)…?`", (ROOT / "THREATS.md").read_text(encoding="utf-8"))
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    there = re.findall(r"def (test_\w+)\(", sources)

    assert len(set(named)) > 60
    assert [name for name in named if not any(one.startswith(name) for one in there)] == []


@pytest.mark.skipif(not LIST.exists(), reason="the project's list lies beside the checkout")
def test_every_class_of_the_list_has_its_row() -> None:
    classes = [
        line.split("|")[1].split("(")[0].strip()
        for line in LIST.read_text(encoding="utf-8").splitlines()
        if line[:1] == "|"
    ]
    rows = [
        line.split("|")[1].strip()
        for line in (ROOT / "THREATS.md").read_text(encoding="utf-8").splitlines()
        if line[:1] == "|"
    ]

    assert len(classes) > 15
    assert [one for one in classes[2:] if one not in rows] == []

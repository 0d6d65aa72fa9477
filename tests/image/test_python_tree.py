"""What of the locked Python distributions comes onto the image."""

from pathlib import Path

from image.build.checkout import LOCKS
from image.python_tree import drop_ballast, without

LOCK = """\
alpha==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via hearth
alpha-extra==2.0 \\
    --hash=sha256:ba
omega==3.0 ; python_full_version < '3.14' \\
    --hash=sha256:ca
"""


def test_a_pin_is_left_out_with_its_hashes_and_comments() -> None:
    assert without(LOCK, ["alpha", "omega"]) == "alpha-extra==2.0 \\\n    --hash=sha256:ba\n"


def test_a_name_that_begins_with_another_is_kept() -> None:
    assert "alpha-extra==2.0" in without(LOCK, ["alpha"])


def test_the_real_lock_loses_only_what_is_built_elsewhere() -> None:
    lock = (LOCKS / "run.lock").read_text()

    left = without(lock, ["llama-cpp-python", "systemd-python"])

    assert _names(lock) - _names(left) == {"llama-cpp-python", "systemd-python"}


def test_ballast_goes_and_code_stays(tmp_path: Path) -> None:
    for name in ("kubernetes/client.py", "numpy/tests/test_it.py", "numpy/core.py", "fastapi/app.pyi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    drop_ballast(tmp_path)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["core.py"]


def _names(lock: str) -> set[str]:
    return {line.partition("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}

"""The house rules, held as tests: style, types, import direction, scripts and units."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "services" / "systemd"


def run(*command: str, cwd: Path = ROOT) -> None:
    """Run a checker; its whole output is the failure's message."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[:3])} …\n{done.stdout}{done.stderr}"


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def test_the_code_keeps_to_the_style() -> None:
    run(sys.executable, "-m", "ruff", "check", ".")


def test_the_code_is_formatted() -> None:
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


@pytest.mark.timeout(300)
def test_the_types_hold() -> None:
    run(sys.executable, "-m", "mypy")


def test_imports_point_downward() -> None:
    run(str(Path(sys.executable).parent / "lint-imports"))


def test_shell_scripts_are_sound() -> None:
    scripts = [
        name
        for name in tracked(".ci/run", "image/*", "services/*", "tests/*")
        if (line := (ROOT / name).read_bytes()[:64].split(b"\n")[0]).startswith(b"#!") and line.endswith(b"sh")
    ]

    assert ".ci/run" in scripts
    run("shellcheck", *scripts)


@pytest.fixture
def unit_tree(tmp_path: Path) -> Path:
    """A root folder in which our units lie among the system's own, with everything that they start."""
    root = tmp_path / "root"
    target = root / "usr" / "lib" / "systemd" / "system"
    shutil.copytree("/usr/lib/systemd/system", target, symlinks=True)
    shutil.copytree(UNITS, target, dirs_exist_ok=True)
    program = root / "usr" / "lib" / "hearth" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (root / "usr" / "lib" / "hearth" / "engine").mkdir()
    return root


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("hearth*.*") if path.is_file()))
def test_systemd_understands_the_unit(unit: str, unit_tree: Path) -> None:
    if unit.endswith((".preset", ".toml")):
        return
    name = unit.replace("@.", "@1.")

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={unit_tree}", name],
        capture_output=True,
        text=True,
        check=False,
    )

    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "hearth" in line]
    assert not complaints, "\n".join(complaints)


def test_no_registry_or_mirror_is_named_in_the_repository() -> None:
    names = ["pypi" + ".org", "pythonhosted" + ".org", "deb.debian" + ".org", "npmjs" + ".org", "debian" + ".net"]

    found = [f"{name}: {host}" for name in tracked() for host in names if host.encode() in (ROOT / name).read_bytes()]

    assert not found


def test_what_is_locked_is_locked_with_hashes() -> None:
    locks = sorted((ROOT / "image" / "locks").glob("*.lock"))

    assert locks
    for lock in locks:
        blocks = lock.read_text().replace("\\\n", " ").splitlines()
        pinned = [line for line in blocks if line and not line.startswith(("#", "-"))]
        assert pinned
        assert all("==" in line and "--hash=sha256:" in line for line in pinned), lock.name


def test_no_unit_sets_what_the_shared_sandbox_overrides() -> None:
    """A drop-in wins over its unit: an exception has to be a later drop-in, or it has no effect."""

    def keys(path: Path) -> set[str]:
        return {line.split("=")[0] for line in path.read_text().splitlines() if "=" in line and line[0] != "#"}

    shared = keys(UNITS / "hearth-.service.d" / "10-sandbox.conf")

    assert {path.name: keys(path) & shared for path in UNITS.glob("hearth*.service") if keys(path) & shared} == {}

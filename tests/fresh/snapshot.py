"""This checkout as somebody else would clone it: what git would keep, whether it is committed yet or not."""

import os
import subprocess
import tempfile
from pathlib import Path

from image.build.checkout import CHECKOUT

_AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Hearth's tests"), ("EMAIL", "tests@localhost"))
}


def push_to(repository: Path) -> None:
    """Make a bare repository whose branch `main` holds the files of this checkout; the checkout is not touched."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository)], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        apart = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_OBJECT_DIRECTORY": str(repository / "objects"), **_AUTHOR}
        _git("add", "--all", **apart)
        tree = _git("write-tree", **apart)
        commit = _git("commit-tree", "-m", "the files of this checkout", tree, **apart)
    subprocess.run(["git", "-C", str(repository), "update-ref", "refs/heads/main", commit], check=True)


def _git(*arguments: str, **environment: str) -> str:
    finished = subprocess.run(
        ["git", *arguments], cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return finished.stdout.strip()

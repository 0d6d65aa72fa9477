"""`make lock`: writes the lock files from pyproject.toml; what is pinned stays, unless `--upgrade` is asked for."""

import argparse
import sys
from dataclasses import dataclass

from image.build import installer
from image.build.checkout import CHECKOUT, LOCKS, LOGS
from image.build.command import run
from image.build.errors import BuildError

_OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lock file and what it is resolved from."""

    name: str
    sources: tuple[str, ...]


ALL = (
    Lock(name="run", sources=("pyproject.toml",)),
    Lock(name="test", sources=("pyproject.toml", "--group=test")),
    Lock(name="build", sources=("image/locks/build.in",)),
    Lock(name="installer", sources=("--group=installer",)),
    Lock(name="models", sources=("--group=models",)),
    # Only the files inside are used, so what these packages depend on (PyTorch) stays away.
    Lock(name="model-files", sources=("--group=model-files", "--no-deps")),
)


def main(argv: list[str]) -> int:
    """Resolve every lock, or those that are named."""
    parser = argparse.ArgumentParser(prog="make lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions in place of the pinned ones")
    arguments = parser.parse_args(argv)
    try:
        for lock in ALL:
            _resolve(lock, upgrade=arguments.upgrade)
    except BuildError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _resolve(lock: Lock, *, upgrade: bool) -> None:
    file = LOCKS / f"{lock.name}.lock"
    compile_command = [str(installer.uv()), "pip", "compile", *_OPTIONS, f"--output-file={file}"]
    run(
        [*compile_command, *(["--upgrade"] if upgrade else []), *lock.sources],
        doing=f"Resolving {file.name}",
        log=LOGS / "lock.log",
        cwd=CHECKOUT,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Programs that the build starts: their output goes to a log, and a failure becomes a sentence."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from image.build.errors import CommandFailedError

_LAST_LINES = 30


def run(
    argv: list[str],
    *,
    doing: str,
    log: Path,
    cwd: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
    nice: int = 0,
) -> None:
    """Run a program to its end, its output appended to `log`; say what is being done and how long it took.

    Raises CommandFailedError with the last lines that the program printed.
    """
    print(f"• {doing} … (log: {log})", flush=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    if nice:
        argv = ["nice", "-n", str(nice), *argv]
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(argv)}\n".encode())
        output.flush()
        start_of_output = output.tell()
        finished = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, **(extra_environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode != 0:
        raise CommandFailedError(doing, argv, finished.returncode, log, _last_lines(log, start_of_output))
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)


def output_of(argv: list[str]) -> str:
    """Run a quick program and return what it printed; raises CommandFailedError."""
    finished = subprocess.run(argv, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise CommandFailedError(f"Asking {argv[0]}", argv, finished.returncode, None, finished.stderr)
    return finished.stdout


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as written:
        written.seek(start)
        lines = written.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])

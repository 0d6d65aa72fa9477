"""`make test`: every stage, with the time that each took; what was red is said again at the end.

One stage waits for downloads and compiles on one core for most of its time. It runs beside those that drive the product
on this host, at the lowest priority, and says what it had to say when it has ended; the others run one after another.
Runs with Debian's own Python, since it is what sets up the other one.
"""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

# From what is quick to what is slow: a mistake shows as early as it can. A red stage does not hide what the others say.
SETUP = "setup-image"
FIRST = ("check",)
ON_THIS_HOST = ("test-journeys", "test-browser")
BESIDE = "test-fresh"
# Nodes are chosen by how fast they were measured to be, so what is beside their tests shows in them.
LAST = ("test-nodes", "image", "test-graphics", "test-boot")
REPEATED_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one `make` came to: exit code, seconds of processor time of it and all it started, its last lines."""

    exit_code: int
    processor_seconds: float
    last_lines: Sequence[str]


Run = Callable[[str], Ran]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one stage ended, what it took of the clock and of all cores, in seconds, and the last lines that it said."""

    stage: str
    exit_code: int
    seconds: float
    processor_seconds: float
    last_lines: Sequence[str]


def main() -> int:
    """Run all stages; return the exit code of the first red one, or 0. Without what the first sets up, none can run."""
    began = time.monotonic()
    outcomes = run_stages([SETUP], run=_make)
    if outcomes[0].exit_code == 0:
        outcomes += run_stages(FIRST, run=_make)
        with beside(BESIDE, run=_make_quietly) as other:
            outcomes += run_stages(ON_THIS_HOST, run=_make)
        outcomes += [*other, *run_stages(LAST, run=_make)]
    print(said_again(outcomes) + "\n" + summary(outcomes, time.monotonic() - began))
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code != 0), 0)


def run_stages(stages: Sequence[str], *, run: Run, clock: Callable[[], float] = time.monotonic) -> list[Outcome]:
    """Run these stages in order, whether or not one before was red."""
    outcomes: list[Outcome] = []
    for stage in stages:
        began = clock()
        ran = run(stage)
        outcomes.append(
            Outcome(
                stage=stage,
                exit_code=ran.exit_code,
                seconds=clock() - began,
                processor_seconds=ran.processor_seconds,
                last_lines=ran.last_lines,
            )
        )
    return outcomes


@contextmanager
def beside(stage: str, *, run: Run) -> Iterator[list[Outcome]]:
    """Run a stage while the block does its own; its outcome is in the list once the block has been left."""
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.extend(run_stages([stage], run=run)))
    thread.start()
    try:
        yield outcomes
    finally:
        thread.join()


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return a table of the stages: green or red, their minutes by the clock and of all cores; `seconds` took all."""
    lines = [f"{'':<28}{'took':>8}{'of all cores':>16}"]
    lines += [
        _row(
            f"{outcome.stage:<16}{'green' if outcome.exit_code == 0 else f'RED ({outcome.exit_code})'}",
            outcome.seconds,
            outcome.processor_seconds,
        )
        for outcome in outcomes
    ]
    lines.append(
        _row(
            "together",
            seconds,
            sum(outcome.processor_seconds for outcome in outcomes),
        )
    )
    return "\n".join(lines)


def _row(named: str, seconds: float, processor_seconds: float) -> str:
    return f"{named:<28}{_minutes(seconds):>8}{_minutes(processor_seconds):>16}"


def said_again(outcomes: Sequence[Outcome]) -> str:
    """Return the last lines of every red stage, since hours of output may lie between it and the end."""
    return "".join(
        f"\n━━ {outcome.stage}, which was red ━━\n" + "".join(outcome.last_lines)
        for outcome in outcomes
        if outcome.exit_code != 0
    )


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def _make(stage: str) -> Ran:
    print(f"\n━━ {stage} ━━", flush=True)

    def say(line: str) -> None:
        print(line, end="", flush=True)

    return _made(["make", stage], say)


def _make_quietly(stage: str) -> Ran:
    said: list[str] = []
    ran = _made(["nice", "-n", "19", "make", stage], said.append)
    print(f"\n━━ {stage}, which ran beside the others ━━\n" + "".join(said), end="", flush=True)
    return ran


def _made(command: Sequence[str], say: Callable[[str], None]) -> Ran:
    last_lines: deque[str] = deque(maxlen=REPEATED_LINES)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as making:
        for line in making.stdout or ():
            say(line)
            last_lines.append(line)
        _, status, used = os.wait4(making.pid, 0)
        making.returncode = os.waitstatus_to_exitcode(status)
    return Ran(exit_code=making.returncode, processor_seconds=used.ru_utime + used.ru_stime, last_lines=last_lines)


if __name__ == "__main__":
    sys.exit(main())

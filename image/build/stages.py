"""`make test`: every stage one after another, with the time that each took; what was red is said again at the end.

Runs with Debian's own Python, since it is what sets up the other one.
"""

import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# From what is quick to what is slow: a mistake shows as early as it can. A red stage does not hide what the others say.
SETUP = "setup-image"
STAGES = ("check", "test-journeys", "test-browser", "test-nodes", "image", "test-graphics", "test-boot", "test-fresh")
REPEATED_LINES = 60


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
    outcomes = run_stages([SETUP], run=_make, spent=_spent)
    if outcomes[0].exit_code == 0:
        outcomes += run_stages(STAGES, run=_make, spent=_spent)
    print(said_again(outcomes) + "\n" + summary(outcomes))
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code != 0), 0)


def run_stages(
    stages: Sequence[str],
    *,
    run: Callable[[str], tuple[int, Sequence[str]]],
    spent: Callable[[], tuple[float, float]],
) -> list[Outcome]:
    """Run these stages in order, whether or not one before was red; `spent` tells clock and processor so far."""
    outcomes: list[Outcome] = []
    for stage in stages:
        started, before = spent()
        exit_code, last_lines = run(stage)
        ended, after = spent()
        outcomes.append(
            Outcome(
                stage=stage,
                exit_code=exit_code,
                seconds=ended - started,
                processor_seconds=after - before,
                last_lines=last_lines,
            )
        )
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return a table of the stages: green or red, their minutes by the clock and of all cores."""
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
            sum(outcome.seconds for outcome in outcomes),
            sum(outcome.processor_seconds for outcome in outcomes),
        )
    )
    return "\n".join(lines)


def _row(named: str, seconds: float, processor_seconds: float) -> str:
    return f"{named:<28}{_minutes(seconds):>8}{_minutes(processor_seconds):>16}"


def _spent() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic(), used.ru_utime + used.ru_stime


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


def _make(stage: str) -> tuple[int, Sequence[str]]:
    print(f"\n━━ {stage} ━━", flush=True)
    last_lines: deque[str] = deque(maxlen=REPEATED_LINES)
    with subprocess.Popen(
        ["make", stage], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as making:
        for line in making.stdout or ():
            print(line, end="", flush=True)
            last_lines.append(line)
    return making.returncode, last_lines


if __name__ == "__main__":
    sys.exit(main())

"""`make test`: every stage one after another, with the time that each took; what was red is said again at the end."""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# From what is quick to what is slow: a mistake shows as early as it can. A red stage does not hide what the others say.
STAGES = ("check", "test-journeys", "test-browser", "test-mesh", "image", "test-graphics", "test-boot", "test-fresh")
REPEATED_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one stage ended, how long it took, and the last lines of what it said."""

    stage: str
    exit_code: int
    seconds: float
    last_lines: Sequence[str]


def main() -> int:
    """Run all stages; return the exit code of the first red one, or 0."""
    outcomes = run_stages(STAGES, run=_make, clock=time.monotonic)
    print(said_again(outcomes) + "\n" + summary(outcomes))
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code != 0), 0)


def run_stages(
    stages: Sequence[str], *, run: Callable[[str], tuple[int, Sequence[str]]], clock: Callable[[], float]
) -> list[Outcome]:
    """Run these stages in order, whether or not one before was red."""
    outcomes: list[Outcome] = []
    for stage in stages:
        started = clock()
        exit_code, last_lines = run(stage)
        outcomes.append(Outcome(stage=stage, exit_code=exit_code, seconds=clock() - started, last_lines=last_lines))
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return a table of the stages: green or red, with their times."""
    lines = [
        f"{outcome.stage:<16}{'green' if outcome.exit_code == 0 else f'RED ({outcome.exit_code})':<12}"
        f"{_minutes(outcome.seconds):>8}"
        for outcome in outcomes
    ]
    lines.append(f"{'together':<28}{_minutes(sum(outcome.seconds for outcome in outcomes)):>8}")
    return "\n".join(lines)


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

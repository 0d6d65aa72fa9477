"""`make test`: every stage one after another, stopped at the first that is red, with the time that each took."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# From what is quick to what is slow: a mistake shows as early as it can.
STAGES = ("check", "test-journeys", "test-browser", "test-mesh", "image", "test-graphics", "test-boot", "test-fresh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one stage ended, and how long it took."""

    stage: str
    exit_code: int
    seconds: float


def main() -> int:
    """Run all stages; return the exit code of the first red one, or 0."""
    outcomes = run_stages(STAGES, run=_make, clock=time.monotonic)
    print("\n" + summary(outcomes, STAGES))
    return outcomes[-1].exit_code


def run_stages(stages: Sequence[str], *, run: Callable[[str], int], clock: Callable[[], float]) -> list[Outcome]:
    """Run these stages in order, none after the first that is red."""
    outcomes: list[Outcome] = []
    for stage in stages:
        started = clock()
        exit_code = run(stage)
        outcomes.append(Outcome(stage=stage, exit_code=exit_code, seconds=clock() - started))
        if exit_code != 0:
            break
    return outcomes


def summary(outcomes: Sequence[Outcome], stages: Sequence[str]) -> str:
    """Return a table of the stages: green or red with their times, and those that were not reached."""
    lines = [
        f"{outcome.stage:<16}{'green' if outcome.exit_code == 0 else f'RED ({outcome.exit_code})':<12}"
        f"{_minutes(outcome.seconds):>8}"
        for outcome in outcomes
    ]
    lines += [f"{stage:<16}not reached" for stage in stages[len(outcomes) :]]
    lines.append(f"{'together':<28}{_minutes(sum(outcome.seconds for outcome in outcomes)):>8}")
    return "\n".join(lines)


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def _make(stage: str) -> int:
    print(f"\n━━ {stage} ━━", flush=True)
    return subprocess.run(["make", stage], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

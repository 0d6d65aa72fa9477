"""`make test` as a person reads it: which stages ran, how long, and which one is red."""

from image.build.stages import run_stages, summary


def test_nothing_runs_after_a_red_stage() -> None:
    """Its exit code is the last one."""
    ticks = iter([0.0, 61.0, 61.0, 65.0])
    exit_codes = {"check": 0, "image": 3, "boot": 0}

    outcomes = run_stages(list(exit_codes), run=exit_codes.__getitem__, clock=lambda: next(ticks))

    assert [(outcome.stage, outcome.exit_code, outcome.seconds) for outcome in outcomes] == [
        ("check", 0, 61.0),
        ("image", 3, 4.0),
    ]


def test_the_summary_says_what_was_red_and_what_was_not_reached() -> None:
    """One line a stage, and the whole time."""
    ticks = iter([0.0, 61.0, 61.0, 65.0])
    exit_codes = {"check": 0, "image": 3, "boot": 0}
    outcomes = run_stages(list(exit_codes), run=exit_codes.__getitem__, clock=lambda: next(ticks))

    lines = [line.split() for line in summary(outcomes, list(exit_codes)).splitlines()]

    assert lines == [
        ["check", "green", "1:01"],
        ["image", "RED", "(3)", "0:04"],
        ["boot", "not", "reached"],
        ["together", "1:05"],
    ]

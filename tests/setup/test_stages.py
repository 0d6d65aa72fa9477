"""`make test` as a person reads it: which stages ran, how long, and which one is red."""

from collections.abc import Sequence

from image.build.stages import Outcome, run_stages, said_again, summary


def ran() -> list[Outcome]:
    ticks = iter([(0.0, 0.0), (61.0, 90.0), (61.0, 90.0), (65.0, 91.0), (65.0, 91.0), (70.0, 101.0)])
    told: dict[str, tuple[int, Sequence[str]]] = {
        "check": (0, ["1 passed\n"]),
        "image": (3, ["no space\n", "left\n"]),
        "boot": (0, ["2 passed\n"]),
    }
    return run_stages(list(told), run=told.__getitem__, spent=lambda: next(ticks))


def test_a_red_stage_does_not_hide_what_the_others_say() -> None:
    """All run, each with its exit code and times."""
    assert [(each.stage, each.exit_code, each.seconds, each.processor_seconds) for each in ran()] == [
        ("check", 0, 61.0, 90.0),
        ("image", 3, 4.0, 1.0),
        ("boot", 0, 5.0, 10.0),
    ]


def test_the_summary_says_what_was_red() -> None:
    """One line a stage, and the whole time."""
    assert [line.split() for line in summary(ran()).splitlines()] == [
        ["took", "of", "all", "cores"],
        ["check", "green", "1:01", "1:30"],
        ["image", "RED", "(3)", "0:04", "0:01"],
        ["boot", "green", "0:05", "0:10"],
        ["together", "1:10", "1:41"],
    ]


def test_what_a_red_stage_said_last_is_said_once_more_at_the_end() -> None:
    """And nothing of the green ones."""
    assert said_again(ran()) == "\n━━ image, which was red ━━\nno space\nleft\n"

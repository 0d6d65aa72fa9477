"""`make test` as a person reads it: which stages ran, how long, and which one is red."""

import threading

from image.build.stages import Outcome, Ran, beside, run_stages, said_again, summary


def ran() -> list[Outcome]:
    ticks = iter([0.0, 61.0, 61.0, 65.0, 65.0, 70.0])
    told = {
        "check": Ran(exit_code=0, processor_seconds=90.0, last_lines=["1 passed\n"]),
        "image": Ran(exit_code=3, processor_seconds=1.0, last_lines=["no space\n", "left\n"]),
        "boot": Ran(exit_code=0, processor_seconds=10.0, last_lines=["2 passed\n"]),
    }
    return run_stages(list(told), run=told.__getitem__, clock=lambda: next(ticks))


def test_a_red_stage_does_not_hide_what_the_others_say() -> None:
    """All run, each with its exit code and times."""
    assert [(each.stage, each.exit_code, each.seconds, each.processor_seconds) for each in ran()] == [
        ("check", 0, 61.0, 90.0),
        ("image", 3, 4.0, 1.0),
        ("boot", 0, 5.0, 10.0),
    ]


def test_the_summary_says_what_was_red() -> None:
    """One line a stage, and the whole time, which is less than their sum where one ran beside the others."""
    assert [line.split() for line in summary(ran(), 65.0).splitlines()] == [
        ["took", "of", "all", "cores"],
        ["check", "green", "1:01", "1:30"],
        ["image", "RED", "(3)", "0:04", "0:01"],
        ["boot", "green", "0:05", "0:10"],
        ["together", "1:05", "1:41"],
    ]


def test_what_a_red_stage_said_last_is_said_once_more_at_the_end() -> None:
    """And nothing of the green ones."""
    assert said_again(ran()) == "\n━━ image, which was red ━━\nno space\nleft\n"


def test_a_stage_beside_the_others_is_waited_for_and_told() -> None:
    """It begins before the others, and its outcome is there once they and it have ended."""
    begun = threading.Event()
    others_ended = threading.Event()

    def run(_stage: str) -> Ran:
        begun.set()
        assert others_ended.wait(10)
        return Ran(exit_code=4, processor_seconds=2.0, last_lines=["red\n"])

    with beside("fresh", run=run) as other:
        assert begun.wait(10)
        assert not other
        others_ended.set()

    assert [(one.stage, one.exit_code, one.last_lines) for one in other] == [("fresh", 4, ["red\n"])]

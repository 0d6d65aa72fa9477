"""Two boxes with one identity are told from one that was started anew, or has two network cards."""

import pytest

from mesh.twins import TOLD_SECONDS, Twins

NODE = "a" * 26
Call = tuple[float, str, str]
"""When, which run of the daemon, and from where."""


def told_after(*calls: Call, later: float = 0.0) -> tuple[str, ...]:
    now = [0.0]
    twins = Twins(monotonic=lambda: now[0])
    for at, run, address in calls:
        now[0] = at
        twins.heard(NODE, run, address)
    now[0] += later
    return twins.addresses(NODE)


@pytest.mark.parametrize(
    ("calls", "addresses"),
    [
        ([], ()),
        ([(0, "a", "one"), (2, "a", "one"), (4, "a", "one")], ()),
        ([(0, "a", "one"), (2, "a", "two"), (4, "a", "one")], ()),
        ([(0, "a", "one"), (2, "b", "one"), (4, "b", "one"), (6, "b", "one")], ()),
        ([(0, "a", "one"), (2, "b", "one"), (3, "c", "one"), (5, "c", "one")], ()),
        ([(0, "a", "one"), (1, "b", "two"), (2, "a", "one")], ("one", "two")),
        ([(0, "a", "one"), (1, "b", "one"), (2, "a", "one")], ("one",)),
        ([(0, "a", "one"), (1, "b", "two"), (30, "a", "one"), (60, "b", "two")], ()),
        ([(0, "", "one"), (1, "", "two"), (2, "", "one")], ()),
    ],
    ids=["silence", "one", "two cards", "started anew", "twice anew", "twins", "behind one", "moved about", "older"],
)
def test_two_that_call_in_turns_are_twins(calls: list[Call], addresses: tuple[str, ...]) -> None:
    assert told_after(*calls) == addresses


def test_it_is_told_for_a_while_after_one_of_them_went() -> None:
    twins = ((0.0, "a", "one"), (1.0, "b", "two"), (2.0, "a", "one"))

    assert told_after(*twins, later=TOLD_SECONDS - 1)
    assert not told_after(*twins, later=TOLD_SECONDS + 1)

"""Boxes are updated one after another; what becomes of each turn follows from what the boxes tell."""

import enum
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mesh.kept_order import KeptOrder
from mesh.report import KeptUpdate, Updating
from mesh.update_turns import (
    AWAY,
    BACK_SECONDS,
    GIVEN_UP,
    LEFT_ALONE,
    NOT_A_MEMBER,
    NOT_BACK,
    NOTHING_KEPT,
    RESTARTED,
    SETTLED_SECONDS,
    STANDSTILL,
    STANDSTILL_SECONDS,
    SeenNode,
    Turn,
    is_behind,
    queued,
    refused,
    resumed,
    stepped,
    stopped,
)

BETA, GAMMA = "b" * 26, "g" * 26

KEPT = KeptUpdate(version="0.2.0", digest="a" * 64, size_bytes=1000)
OLD = SeenNode(is_reached=True, version="0.1.0", run="one")
NEW = SeenNode(is_reached=True, version="0.2.0", run="two")
GONE = replace(OLD, is_reached=False)


def working(phase: str, **told: Any) -> SeenNode:
    """A box of the old version that is at this."""
    return replace(OLD, updating=Updating(version="0.2.0", digest="a" * 64, phase=phase, **told))


class House:
    """The home node's order, two boxes, and a clock."""

    def __init__(self, *node_ids: str) -> None:
        self.turns = queued((), node_ids or ("beta", "gamma"))
        self.seen = {"beta": OLD, "gamma": OLD}
        self.kept: KeptUpdate | None = KEPT
        self.now = 0.0
        self.asked: list[str] = []

    def step(self, seconds: float = 1.0, **seen: SeenNode) -> None:
        """So much later the boxes are so."""
        self.seen |= seen
        self.now += seconds
        self.turns, asked = stepped(self.turns, self.seen, self.kept, self.now)
        if asked:
            self.asked.append(asked)

    def told(self) -> list[tuple[str, str]]:
        return [(turn.stage, turn.problem) for turn in self.turns]


def test_the_second_box_is_asked_only_when_the_first_runs_the_new_version() -> None:
    house = House()
    house.step()
    assert (house.asked, house.told()) == (["beta"], [("going", ""), ("waiting", "")])

    for phase in ("fetching", "checking", "installing", "waiting", "restarting"):
        house.step(5, beta=working(phase))
    house.step(600, beta=GONE)
    assert house.asked == ["beta"]

    house.step(beta=NEW)
    house.step()

    assert house.asked == ["beta", "gamma"]
    house.step(beta=NEW, gamma=NEW)
    assert house.told() == [("done", ""), ("done", "")]


def test_a_box_that_tells_a_problem_does_not_keep_the_next_one_waiting() -> None:
    house = House()
    house.step()

    house.step(beta=working("fetching", problem="The disk is full."))
    house.step()

    assert house.told() == [("failed", "The disk is full."), ("going", "")]


def test_a_box_that_comes_back_with_the_old_version_is_said_so() -> None:
    for told_itself in (True, False):
        house = House("beta")
        house.step()
        house.step(beta=working("restarting"))
        house.step(60, beta=GONE)
        back = replace(OLD, run="two", failed_update="0.2.0" if told_itself else "")
        house.step(beta=back)
        house.step(SETTLED_SECONDS + 1, beta=back)

        assert house.told() == [("failed", "0.2.0 did not work there; it runs 0.1.0 again.")]


def test_an_older_failure_says_nothing_of_this_turn() -> None:
    house = House("beta")
    house.seen["beta"] = replace(OLD, failed_update="0.2.0")
    house.step()

    house.step(beta=replace(working("installing"), failed_update="0.2.0"))

    assert house.told() == [("going", "")]


def test_a_box_that_was_switched_off_meanwhile_is_not_said_to_have_a_bad_version() -> None:
    house = House("beta")
    house.step()
    house.step(beta=working("fetching"))
    house.step(100, beta=GONE)
    house.step(beta=replace(OLD, run="two"))

    house.step(SETTLED_SECONDS + 1)

    assert house.told() == [("failed", RESTARTED)]


def test_where_a_box_does_not_come_back_the_others_are_left_as_they_are() -> None:
    house = House()
    house.step()
    house.step(beta=working("restarting"))
    house.step(beta=GONE)

    house.step(BACK_SECONDS + 1)
    house.step()

    assert house.told() == [("failed", NOT_BACK), ("failed", LEFT_ALONE)]
    assert house.asked == ["beta"]


def test_a_box_that_does_not_answer_or_refuses_or_was_removed_is_passed_over() -> None:
    house = House()
    house.step(beta=GONE)
    assert house.told()[0] == ("failed", AWAY)

    house.step()
    house.turns = refused(house.turns, "gamma", "It will not.")
    assert house.told()[1] == ("failed", "It will not.")

    house = House("beta", "gamma")
    house.step()
    del house.seen["beta"]
    house.step()
    assert house.told()[0] == ("failed", NOT_A_MEMBER)


def test_nobody_is_asked_once_the_update_is_here_no_more_and_who_is_up_to_date_is_done() -> None:
    house = House()
    house.kept = None
    house.step()
    assert house.told()[0] == ("failed", NOTHING_KEPT)

    house = House("beta")
    house.step(beta=NEW)
    assert (house.asked, house.told()) == ([], [("done", "")])


def test_a_box_that_gave_up_or_stands_still_ends_its_turn() -> None:
    house = House("beta")
    house.step()
    house.step(SETTLED_SECONDS + 1)
    assert house.told() == [("failed", GIVEN_UP)]

    house = House("beta")
    house.step()
    house.step(beta=working("fetching"))
    house.step(STANDSTILL_SECONDS - 1)
    assert house.told() == [("going", "")]
    house.step(2)
    assert house.told() == [("failed", STANDSTILL)]


def test_whoever_is_wished_twice_has_one_turn_and_a_failed_one_gets_another() -> None:
    going, failed = Turn(node_id="beta", stage="going"), Turn(node_id="gamma", stage="failed", problem="x")

    turns = queued((going, failed), ["gamma", "beta", "gamma"])

    assert turns == (going, Turn(node_id="gamma"))


def test_only_an_older_version_that_can_be_read_is_behind() -> None:
    assert [is_behind(one, KEPT) for one in ("0.1.9", "0.2.0", "0.10.0", "dev", "")] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert not is_behind("0.1.0", None)


NODES = st.sampled_from(
    [
        *(OLD, NEW, GONE, SeenNode(is_reached=False), replace(OLD, run="two"), replace(OLD, failed_update="0.2.0")),
        *(working(phase) for phase in ("fetching", "installing", "restarting", "dancing")),
        *(working("fetching", problem="x"), replace(OLD, run="two", failed_update="0.2.0")),
    ]
)


class Daemon(enum.Enum):
    """What happens to the home node's daemon in a moment."""

    GOES_ON = enum.auto()
    IS_KILLED = enum.auto()
    IS_TOLD_TO_STOP = enum.auto()
    """By the owner, who lets go those that wait."""


@given(
    st.lists(
        st.tuples(NODES, NODES, st.sampled_from([1.0, 90.0, 4000.0]), st.sampled_from(Daemon)),
        max_size=30,
    )
)
def test_whatever_happens_never_two_are_going_and_a_turn_that_is_over_stays_over(
    history: list[tuple[SeenNode, SeenNode, float, Daemon]],
) -> None:
    house = House(BETA, GAMMA)
    over: dict[str, Turn] = {}
    with tempfile.TemporaryDirectory() as folder:
        kept = KeptOrder(Path(folder))
        kept.write(house.turns)
        for beta, gamma, seconds, daemon in history:
            known = {turn.node_id for turn in house.turns}
            waits = {turn.node_id for turn in house.turns if turn.stage == "waiting"}
            asked = len(house.asked)
            if daemon is Daemon.IS_KILLED:
                house.turns = resumed(KeptOrder(Path(folder)).read(), house.now)
            if daemon is Daemon.IS_TOLD_TO_STOP:
                house.turns = stopped(house.turns)
            house.step(seconds, **{BETA: beta, GAMMA: gamma})
            kept.write(house.turns)

            assert sum(turn.stage == "going" for turn in house.turns) <= 1
            told = {turn.node_id: (turn.stage, turn.problem) for turn in house.turns}
            assert set(told) == (known - waits if daemon is Daemon.IS_TOLD_TO_STOP else known)
            assert all(told[node_id] == (turn.stage, turn.problem) for node_id, turn in over.items())
            assert daemon is not Daemon.IS_TOLD_TO_STOP or len(house.asked) == asked
            over = {turn.node_id: turn for turn in house.turns if turn.is_over}
    assert len(house.asked) == len(set(house.asked))

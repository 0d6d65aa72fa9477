"""How long one other node is waited for, and when it counts as gone."""

import pytest

from mesh.link import GONE_AFTER_SECONDS, LONGEST_PATIENCE_SECONDS, MISSES, Link
from mesh.report import NodeReport
from mesh.roster import Member


def link(round_trip_seconds: float) -> Link:
    member = Member(node_id="a" * 26, name="box", role="worker", standing="member", fingerprint="0" * 64)
    return Link(member, heard_at=100.0, round_trip_seconds=round_trip_seconds)


@pytest.mark.parametrize(
    ("round_trip_seconds", "seconds"), [(0.0, 0.8), (0.01, 0.8), (0.5, 1.5), (0.9, 2.7), (60.0, 3.0)]
)
def test_a_node_is_waited_for_as_its_round_trips_are_long_but_not_for_ever(
    round_trip_seconds: float, seconds: float
) -> None:
    assert link(round_trip_seconds).patience(0.8) == pytest.approx(seconds)


def test_what_waits_longer_than_that_waits_no_longer_for_a_slow_node() -> None:
    assert link(60.0).patience(10.0) == pytest.approx(10.0)


def test_a_node_counts_as_gone_before_anybody_would_still_wait_for_it() -> None:
    assert LONGEST_PATIENCE_SECONDS < GONE_AFTER_SECONDS
    assert not link(60.0).is_silent(100.0 + LONGEST_PATIENCE_SECONDS)
    assert link(60.0).is_silent(100.0 + GONE_AFTER_SECONDS + 0.1)


def test_the_way_takes_what_the_quickest_of_the_last_exchanges_took() -> None:
    """The first one held a handshake, and a busy box answers late: neither says how far away it is."""
    seen = link(0.19)
    assert seen.lag_seconds == 0.19
    for took in (0.19, 0.004, 0.2, 0.006):
        seen.lags.append(took)
    assert seen.lag_seconds == 0.004
    seen.lags.extend([0.5] * 5)
    assert seen.lag_seconds == 0.5, "it moved to a slower network"


def test_a_node_that_calls_us_but_does_not_answer_our_own_calls_counts_as_away() -> None:
    seen = link(0.01)
    seen.report, seen.place = NodeReport(node_id="a" * 26, version="1", clock=0, port=1), ("192.0.2.1", 7377)
    assert seen.problem(100.0) == ""

    seen.misses = 1
    assert seen.problem(100.0) == "", "one call may be lost"
    seen.misses = MISSES
    assert seen.problem(100.0) == "does not answer"

    seen.misses, seen.strange = 1, "answers with an error"
    assert seen.problem(100.0) == "answers with an error", "silence after an error is no good answer"

"""Whether and how a model is split: within each memory, by the fastest, without the weak, or refused in numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.split_plan import Part, Rival, SplitModel, SplitPlan, SplitRefused, planned

GB = 1_000_000_000
MODEL = SplitModel(
    name="large",
    layers=33,
    weight_bytes=4 * GB,
    output_bytes=GB // 10,
    context_tokens=4096,
    kv_bytes_per_token=100_000,
    here_bytes=GB // 2,
    part_bytes=GB // 5,
)


def part(name: str, room: float, speed: float = 10.0, lag_ms: float = 0.3, megabits: float = 1000) -> Part:
    """A node with so many GB, that works through so many GB of weights a second, at the end of such a link."""
    return Part(
        node_id=name,
        name=name,
        room_bytes=round(room * GB),
        weights_per_second=speed * GB,
        round_trip_seconds=lag_ms / 1000,
        bytes_per_second=megabits * 1e6 / 8,
    )


def plan(
    here: Part, *others: Part, rivals: tuple[Rival, ...] = (), least: float = 2.0, model: SplitModel = MODEL
) -> SplitPlan | SplitRefused:
    return planned(model, here, others, rivals=rivals, least_tokens_per_second=least)


def split(here: Part, *others: Part, model: SplitModel = MODEL) -> SplitPlan:
    found = plan(here, *others, model=model)
    assert isinstance(found, SplitPlan), found
    return found


def test_two_nodes_hold_what_neither_can() -> None:
    found = split(part("here", 3), part("beta", 3))

    assert [share.name for share in found.shares] == ["beta"]
    assert found.here_layers + found.shares[0].layers == MODEL.layers
    assert found.here_need_bytes <= 3 * GB
    assert found.shares[0].need_bytes <= 3 * GB
    assert found.names == "this box and beta"


def test_the_faster_node_computes_as_much_as_it_can_hold() -> None:
    slow_here = split(part("here", 3, speed=2), part("beta", 3.5, speed=20))
    fast_here = split(part("here", 3.5, speed=20), part("beta", 3, speed=2))

    assert slow_here.shares[0].layers > slow_here.here_layers
    assert fast_here.here_layers > fast_here.shares[0].layers


def test_a_weak_node_is_left_out_and_told() -> None:
    found = split(part("here", 3), part("weak", 3, speed=0.2), part("beta", 3), part("far", 3, lag_ms=80))

    assert [share.name for share in found.shares] == ["beta"]
    assert found.left_out == {"weak": "would make it slower", "far": "would make it slower"}


def test_a_node_without_room_for_one_layer_is_left_out() -> None:
    found = split(part("here", 3), part("tiny", 0.25), part("beta", 3))

    assert found.left_out == {"tiny": "has too little memory for even one layer"}


def test_what_does_not_fit_into_all_together_is_refused_with_the_numbers() -> None:
    found = plan(part("here", 1), part("beta", 1))

    assert isinstance(found, SplitRefused)
    assert found.tokens_per_second is None
    assert "5.1 GB" in found.reason
    assert "2.0 GB" in found.reason


def test_it_is_refused_where_a_smaller_model_is_faster_and_it_would_be_too_slow_to_bear() -> None:
    slow = part("here", 3, speed=1), part("beta", 3, speed=1)
    small = Rival(name="small", tokens_per_second=9.0)

    refused = plan(*slow, rivals=(small,))

    assert isinstance(refused, SplitRefused)
    assert refused.reason == ("Over this box and beta it would write 0.25 tokens a second, and “small” writes 9.")
    assert isinstance(plan(*slow, rivals=(small,), least=0.2), SplitPlan)
    assert isinstance(plan(*slow), SplitPlan)
    assert isinstance(plan(*slow, rivals=(Rival(name="slower", tokens_per_second=0.1),)), SplitPlan)


def test_the_lag_of_a_link_counts_twice_a_token() -> None:
    near, far = split(part("here", 3), part("beta", 3, lag_ms=0)), split(part("here", 3), part("beta", 3, lag_ms=50))

    assert 1 / far.tokens_per_second - 1 / near.tokens_per_second == pytest.approx(0.1)


ROOMS = st.floats(0.0, 6.0)
SPEEDS = st.floats(0.1, 50.0)
LAGS = st.floats(0.0, 100.0)
HERE = st.builds(lambda room, speed: part("here", room, speed, 0), ROOMS, SPEEDS)
OTHERS = st.lists(st.tuples(ROOMS, SPEEDS, LAGS), max_size=6).map(
    lambda found: tuple(part(f"n{number}", *one) for number, one in enumerate(found))
)


@given(HERE, OTHERS)
def test_every_plan_holds_each_layer_once_and_nobody_beyond_its_memory(here: Part, others: tuple[Part, ...]) -> None:
    found = plan(here, *others)
    if isinstance(found, SplitRefused):
        return
    rooms = {one.node_id: one.room_bytes for one in others}

    assert found.here_layers + sum(share.layers for share in found.shares) == MODEL.layers
    assert all(share.layers >= 1 and share.need_bytes <= rooms[share.node_id] for share in found.shares)
    assert found.here_need_bytes <= here.room_bytes
    assert set(found.left_out) == {one.name for one in others} - {share.name for share in found.shares}


@given(HERE, OTHERS)
def test_one_node_more_never_makes_it_slower_or_impossible(here: Part, others: tuple[Part, ...]) -> None:
    fewer, more = plan(here, *others[:-1]), plan(here, *others)

    if isinstance(fewer, SplitPlan):
        assert isinstance(more, SplitPlan)
        assert more.tokens_per_second >= fewer.tokens_per_second * (1 - 1e-9)


@given(HERE, OTHERS)
def test_no_node_is_used_without_which_it_would_be_faster(here: Part, others: tuple[Part, ...]) -> None:
    found = plan(here, *others)
    if isinstance(found, SplitRefused):
        return
    used = {share.node_id for share in found.shares}
    for left in used:
        without = plan(here, *(one for one in others if one.node_id in used - {left}))
        assert isinstance(without, SplitRefused) or without.tokens_per_second <= found.tokens_per_second * (1 + 1e-9)


@given(HERE, OTHERS, st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_a_refusal_for_slowness_tells_both_speeds(
    here: Part, others: tuple[Part, ...], rate: float, least: float
) -> None:
    free = plan(here, *others)
    found = plan(here, *others, rivals=(Rival(name="small", tokens_per_second=rate),), least=least)
    if isinstance(free, SplitRefused):
        assert found == free
        return
    slow = free.tokens_per_second < least and rate > free.tokens_per_second

    assert isinstance(found, SplitRefused) == slow
    if isinstance(found, SplitRefused):
        assert found.tokens_per_second == free.tokens_per_second
        assert f"{free.tokens_per_second:.2g} tokens a second" in found.reason
        assert f"{rate:.2g}" in found.reason


TALKATIVE = replace(MODEL, passed_bytes=4 * 4096, told_bytes=4 * 150_000)
"""What goes over the wire for each token of a model of eight billion weights."""


def test_of_two_nodes_with_the_same_round_trip_the_one_with_the_wider_link_is_taken() -> None:
    wide, narrow = part("wide", 3), part("narrow", 3, megabits=20)

    assert [share.name for share in split(part("here", 3), narrow, wide, model=TALKATIVE).shares] == ["wide"]
    assert split(part("here", 3), narrow, model=MODEL).tokens_per_second > 2


def test_bytes_on_a_narrow_link_are_time_that_every_token_takes() -> None:
    quiet = split(part("here", 3), part("beta", 3, megabits=10), model=MODEL)
    talking = split(part("here", 3), part("beta", 3, megabits=10), model=TALKATIVE)

    more = 1 / talking.tokens_per_second - 1 / quiet.tokens_per_second
    assert more == pytest.approx((2 * TALKATIVE.passed_bytes + TALKATIVE.told_bytes) / (10e6 / 8))
    assert talking.load_seconds == pytest.approx(talking.shares[0].layers * MODEL.layer_weights / (10e6 / 8))


def test_where_several_are_needed_the_widest_link_carries_what_the_output_tells() -> None:
    found = split(part("here", 1.5), part("beta", 2, megabits=900), part("gamma", 2, megabits=50), model=TALKATIVE)

    assert [share.name for share in found.shares] == ["gamma", "beta"]


def test_a_link_that_nobody_measured_is_taken_for_a_slow_cable() -> None:
    unknown = replace(part("beta", 3), bytes_per_second=0.0)

    assert split(part("here", 3), unknown, model=TALKATIVE).tokens_per_second == (
        split(part("here", 3), part("beta", 3, megabits=100), model=TALKATIVE).tokens_per_second
    )

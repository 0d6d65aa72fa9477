"""Seeded histories of joins, rosters, requests and jobs, and a thousand nodes to choose from."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.scheduler import Need, offers, picked
from tests.mesh.simulation import jobs, joins, requests, rosters

SEEDS = st.integers(min_value=0, max_value=2**32)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_no_order_of_messages_makes_a_node_trust_whom_the_home_node_does_not(seed: int) -> None:
    assert rosters.history(seed) == []


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_no_request_is_lost_doubled_or_told_wrongly(seed: int) -> None:
    assert requests.history(seed) == []


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_no_death_of_a_worker_or_of_the_home_node_loses_or_doubles_a_job(seed: int) -> None:
    assert jobs.history(seed) == []


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_nobody_comes_in_without_code_and_approval(seed: int) -> None:
    assert joins.history(seed) == []


@pytest.mark.parametrize("history", [joins.history, rosters.history, requests.history, jobs.history])
def test_a_history_is_the_same_for_the_same_seed(history: object) -> None:
    assert history(7) == history(7)  # type: ignore[operator]


def test_of_a_thousand_nodes_the_one_that_is_done_first_is_picked() -> None:
    random_ = random.Random(1)
    candidates = [requests.candidate(number, random_) for number in range(1000)]
    able = offers(candidates, "d").able
    need = Need(digest="d", prompt_tokens=500, output_tokens=100)

    choice = picked(able, need, reserved={}, cached_tokens={})

    alone = [picked([offer], need, reserved={}, cached_tokens={}) for offer in able]
    assert choice is not None
    assert choice.total == min(one.total for one in alone if one is not None)
    assert 500 < len(able) < 1000

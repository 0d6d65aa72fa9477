"""The table of what can happen to a job is closed, and every way through it ends."""

from collections.abc import Callable
from itertools import product

import pytest

from assistant.jobs import state as states
from assistant.jobs.errors import StaleLeaseError
from assistant.jobs.state import ATTEMPTS, ENDED, TRANSITIONS, Deed, Standing, State

NOW = 1000.0
DEEDS: dict[Deed, Callable[[State], State]] = {
    Deed.CLAIM: lambda state: states.claimed(state, worker="attic", now=NOW),
    Deed.BEAT: lambda state: states.beaten(state, token=state.token, now=NOW),
    Deed.KEEP: lambda state: states.kept(state, token=state.token, now=NOW, done=1, total=3),
    Deed.FINISH: lambda state: states.finished(state, token=state.token),
    Deed.BREAK: lambda state: states.broken(state, token=state.token, now=NOW, reason="The engine is away."),
    Deed.RELEASE: lambda state: states.released(state, token=state.token),
    Deed.LAPSE: lambda state: states.lapsed(state, now=NOW),
    Deed.CANCEL: states.cancelled,
    Deed.STOP: lambda state: states.stopped(state, token=state.token),
}
SHAPES = [
    State(standing=standing, token=4, attempts=attempts, total=3, end_is_wished=wished)
    for standing, attempts, wished in product(Standing, (1, ATTEMPTS), (False, True))
]


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("state", SHAPES, ids=lambda state: f"{state.standing}-{state.attempts}-{state.end_is_wished}")
def test_only_what_stands_in_the_table_happens(state: State, deed: Deed) -> None:
    if deed is Deed.CANCEL and state.standing in ENDED:
        assert DEEDS[deed](state) == state
    elif (state.standing, deed) in TRANSITIONS:
        assert DEEDS[deed](state).standing in TRANSITIONS[state.standing, deed]
    else:
        with pytest.raises(StaleLeaseError):
            DEEDS[deed](state)


def test_every_line_of_the_table_can_be_reached() -> None:
    reached = {
        (state.standing, deed, DEEDS[deed](state).standing)
        for state, deed in product(SHAPES, Deed)
        if (state.standing, deed) in TRANSITIONS
    }

    assert reached == {(*one, after) for one, possible in TRANSITIONS.items() for after in possible}


@pytest.mark.parametrize("deed", [Deed.BEAT, Deed.KEEP, Deed.FINISH, Deed.BREAK, Deed.RELEASE, Deed.STOP])
def test_a_worker_whose_lease_was_given_on_changes_nothing(deed: Deed) -> None:
    first = states.claimed(State(), worker="attic", now=NOW)
    again = states.claimed(states.lapsed(first, now=NOW), worker="attic", now=NOW)
    with_old_token = {
        Deed.BEAT: lambda: states.beaten(again, token=first.token, now=NOW),
        Deed.KEEP: lambda: states.kept(again, token=first.token, now=NOW, done=1, total=1),
        Deed.FINISH: lambda: states.finished(again, token=first.token),
        Deed.BREAK: lambda: states.broken(again, token=first.token, now=NOW, reason="late"),
        Deed.RELEASE: lambda: states.released(again, token=first.token),
        Deed.STOP: lambda: states.stopped(again, token=first.token),
    }

    with pytest.raises(StaleLeaseError):
        with_old_token[deed]()


def test_attempts_are_bounded_and_the_last_one_leaves_its_reason() -> None:
    state = State()
    for _ in range(ATTEMPTS):
        assert state.may_begin(state.not_before)
        state = states.claimed(state, worker="attic", now=NOW)
        state = states.broken(state, token=state.token, now=NOW, reason="The engine is away.")

    assert (state.standing, state.reason) == (Standing.FAILED, "The engine is away.")


def test_a_step_that_was_kept_begins_the_count_of_attempts_anew() -> None:
    state = State()
    for step in range(2 * ATTEMPTS):
        state = states.claimed(state, worker="attic", now=NOW)
        state = states.kept(state, token=state.token, now=NOW, done=step, total=99)
        state = states.lapsed(state, now=NOW)

    assert state.standing is Standing.WAITING


def test_an_orderly_stop_costs_no_attempt() -> None:
    state = State()
    for _ in range(2 * ATTEMPTS):
        state = states.claimed(state, worker="attic", now=NOW)
        state = states.released(state, token=state.token)

    assert (state.standing, state.attempts) == (Standing.WAITING, 0)

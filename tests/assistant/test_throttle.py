"""Guessing gets slower, for whoever guesses and whatever is guessed at."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.household_errors import TooManyGuessesError
from assistant.throttle import GuessLimits, Throttle
from tests.fakes import FakeClock

LIMITS = GuessLimits(free_guesses=3, first_wait_seconds=2.0, longest_wait_seconds=60.0)


def throttle(clock: FakeClock) -> Throttle:
    return Throttle({"client": LIMITS, "name": LIMITS}, clock=clock)


def wait_for_next(guarded: Throttle, keys: dict[str, str]) -> float:
    try:
        guarded.charge(keys)
    except TooManyGuessesError as error:
        return error.wait_seconds
    return 0


def test_the_first_guesses_are_free_and_each_further_one_waits_twice_as_long() -> None:
    clock = FakeClock()
    guarded = throttle(clock)
    for _ in range(3):
        guarded.charge({"client": "a"})

    waits = []
    for _ in range(7):
        waits.append(wait_for_next(guarded, {"client": "a"}))
        clock.advance(seconds=waits[-1])
        guarded.charge({"client": "a"})

    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_one_guesser_does_not_slow_another() -> None:
    guarded = throttle(FakeClock())
    for _ in range(3):
        guarded.charge({"client": "a"})

    assert wait_for_next(guarded, {"client": "a"}) > 0
    assert wait_for_next(guarded, {"client": "b"}) == 0


def test_many_guessers_at_one_name_are_slowed_together() -> None:
    guarded = throttle(FakeClock())
    for client in "abc":
        guarded.charge({"client": client, "name": "ada"})

    assert wait_for_next(guarded, {"client": "d", "name": "ada"}) > 0


def test_a_refused_guess_does_not_lengthen_the_wait() -> None:
    guarded = throttle(FakeClock())
    for _ in range(3):
        guarded.charge({"client": "a"})

    waits = [wait_for_next(guarded, {"client": "a"}) for _ in range(10)]

    assert set(waits) == {2}


def test_a_right_guess_empties_the_bucket() -> None:
    guarded = throttle(FakeClock())
    for _ in range(3):
        guarded.charge({"client": "a"})
    guarded.forgive({"client": "a"})

    assert wait_for_next(guarded, {"client": "a"}) == 0


def test_a_quiet_hour_is_forgiven() -> None:
    clock = FakeClock()
    guarded = throttle(clock)
    for _ in range(3):
        guarded.charge({"client": "a"})
    clock.advance(hours=1, seconds=1)

    guarded.charge({"client": "a"})
    assert wait_for_next(guarded, {"client": "a"}) == 0


@given(st.lists(st.text(max_size=3), max_size=60))
def test_what_it_remembers_is_bounded(clients: list[str]) -> None:
    guarded = throttle(FakeClock())
    guarded.most_remembered = 5

    for client in clients:
        wait_for_next(guarded, {"client": client})

    assert len(guarded._buckets["client"]) <= 5

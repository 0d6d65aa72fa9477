"""Slows guessing: after a few free guesses each further one waits longer, by name, by source and over all."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.household_errors import TooManyGuessesError


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessLimits:
    """How one kind of bucket fills and empties."""

    free_guesses: int = 5
    """Guesses that cost nothing."""
    first_wait_seconds: float = 2.0
    """The wait after the last free guess; each further guess doubles it."""
    longest_wait_seconds: float = 900.0
    """No wait grows beyond this, so that a stranger cannot lock a person out for good."""
    forget_after_seconds: float = 3600.0
    """A bucket that nobody touched for so long is empty again."""


LOGIN_LIMITS: Mapping[str, GuessLimits] = {
    "name": GuessLimits(free_guesses=10, longest_wait_seconds=60.0),
    "client": GuessLimits(),
    "everyone": GuessLimits(free_guesses=100, first_wait_seconds=1.0, longest_wait_seconds=10.0),
}
SETUP_LIMITS: Mapping[str, GuessLimits] = {
    "client": GuessLimits(free_guesses=5),
    "everyone": GuessLimits(free_guesses=20, first_wait_seconds=1.0, longest_wait_seconds=60.0),
}
INVITATION_LIMITS: Mapping[str, GuessLimits] = {
    "client": GuessLimits(free_guesses=5),
    "everyone": GuessLimits(free_guesses=50, first_wait_seconds=1.0, longest_wait_seconds=30.0),
}
KEY_LIMITS: Mapping[str, GuessLimits] = {
    "client": GuessLimits(free_guesses=20, first_wait_seconds=1.0, longest_wait_seconds=60.0),
    "everyone": GuessLimits(free_guesses=1000, first_wait_seconds=1.0, longest_wait_seconds=10.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bucket:
    guesses: int
    last_guess: float
    free_at: float


class Throttle:
    """Counts guesses in memory; what it remembers is bounded, oldest forgotten first."""

    most_remembered = 4096

    def __init__(self, limits: Mapping[str, GuessLimits], *, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[str, OrderedDict[str, _Bucket]] = {kind: OrderedDict() for kind in limits}

    def charge(self, keys: Mapping[str, str]) -> None:
        """Count one guess under each kind's key before it is tried, so that guesses at the same time all count.

        Raises `TooManyGuessesError`, counting nothing, where one of the keys still has to wait.
        """
        now = self._clock.monotonic()
        found = {kind: self._bucket(kind, key, now) for kind, key in keys.items()}
        wait_seconds = max((bucket.free_at - now for bucket in found.values()), default=0.0)
        if wait_seconds > 0:
            raise TooManyGuessesError(wait_seconds)
        for kind, key in keys.items():
            self._remember(kind, key, after_a_guess(found[kind], self._limits[kind], now))

    def forgive(self, keys: Mapping[str, str]) -> None:
        """The guess was right: empty the buckets under these keys."""
        for kind, key in keys.items():
            self._buckets[kind].pop(key, None)

    def _bucket(self, kind: str, key: str, now: float) -> _Bucket:
        bucket = self._buckets[kind].get(key)
        if bucket is None or now - bucket.last_guess > self._limits[kind].forget_after_seconds:
            return _Bucket(guesses=0, last_guess=now, free_at=now)
        return bucket

    def _remember(self, kind: str, key: str, bucket: _Bucket) -> None:
        buckets = self._buckets[kind]
        buckets[key] = bucket
        buckets.move_to_end(key)
        if len(buckets) > self.most_remembered:
            buckets.popitem(last=False)


def after_a_guess(bucket: _Bucket, limits: GuessLimits, now: float) -> _Bucket:
    """The bucket with one guess more, and when the next one is allowed."""
    guesses = bucket.guesses + 1
    beyond = guesses - limits.free_guesses
    # The exponent is capped before it is raised: a patient guesser must not make the number overflow.
    doubled = limits.first_wait_seconds * 2 ** min(beyond, 30)
    wait_seconds = 0.0 if beyond < 0 else min(doubled, limits.longest_wait_seconds)
    return _Bucket(guesses=guesses, last_guess=now, free_at=now + wait_seconds)

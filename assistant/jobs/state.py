"""One job as a state machine without clock, disk or sockets: leases with fencing tokens, attempts, steps and its end.

A lease is a number. Each claim makes a higher one, and whatever comes with another number than the highest is refused,
however late it comes: the worker that fell silent may live on and never know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from assistant.jobs.errors import StaleLeaseError

ATTEMPTS: Final = 3
"""So often in a row a job may be begun without a step that is kept."""
LEASE_SECONDS: Final = 60.0
"""A worker that was not heard for so long has lost its job."""
PAUSE_SECONDS: Final = 10.0
"""After a failed attempt; twice as long after the second."""
DIED: Final = f"Hearth stopped {ATTEMPTS} times while it worked on this, so it was left alone. Try it again later."


class Standing(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Deed(StrEnum):
    """What may be done with a job."""

    CLAIM = "claim"
    """A worker takes it."""
    BEAT = "beat"
    """The worker says that it is alive."""
    KEEP = "keep"
    """The worker brings the result of a step."""
    FINISH = "finish"
    """The worker brings the end."""
    BREAK = "break"
    """The attempt failed, with a reason."""
    RELEASE = "release"
    """The worker gives it back in order; no attempt is counted."""
    LAPSE = "lapse"
    """The worker was not heard for too long, or died with the box."""
    CANCEL = "cancel"
    """Its person wants it no more; a worker heeds that between two steps."""
    STOP = "stop"
    """The worker heeded it."""


_WAITING, _RUNNING, _DONE, _FAILED, _CANCELLED = Standing
TRANSITIONS: Final[Mapping[tuple[Standing, Deed], frozenset[Standing]]] = {
    (_WAITING, Deed.CLAIM): frozenset({_RUNNING}),
    (_WAITING, Deed.CANCEL): frozenset({_CANCELLED}),
    (_RUNNING, Deed.BEAT): frozenset({_RUNNING}),
    (_RUNNING, Deed.KEEP): frozenset({_RUNNING}),
    (_RUNNING, Deed.FINISH): frozenset({_DONE}),
    (_RUNNING, Deed.BREAK): frozenset({_WAITING, _FAILED, _CANCELLED}),
    (_RUNNING, Deed.RELEASE): frozenset({_WAITING, _CANCELLED}),
    (_RUNNING, Deed.LAPSE): frozenset({_WAITING, _FAILED, _CANCELLED}),
    (_RUNNING, Deed.CANCEL): frozenset({_RUNNING}),
    (_RUNNING, Deed.STOP): frozenset({_CANCELLED}),
}
"""All that can happen; whatever is not here is refused. What has ended stays as it ended."""
ENDED: Final = frozenset({_DONE, _FAILED, _CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A job at one moment; times are seconds on whatever clock the caller has."""

    standing: Standing = Standing.WAITING
    token: int = 0
    """Of the latest lease; 0 before the first."""
    worker: str = ""
    expires_at: float = 0.0
    attempts: int = 0
    """In a row without a step that was kept, the one that runs included."""
    not_before: float = 0.0
    done: int = 0
    total: int = 0
    """0 until it is known how many steps there are."""
    end_is_wished: bool = False
    reason: str = ""

    def may_begin(self, now: float) -> bool:
        """Whether a worker could take it now."""
        return self.standing is Standing.WAITING and self.not_before <= now

    def has_lapsed(self, now: float) -> bool:
        """Whether its worker was not heard for too long."""
        return self.standing is Standing.RUNNING and self.expires_at < now


def claimed(state: State, *, worker: str, now: float) -> State:
    """A worker has it from now on, by a lease that no one before had."""
    _allow(state, Deed.CLAIM)
    return replace(
        state,
        standing=Standing.RUNNING,
        token=state.token + 1,
        worker=worker,
        attempts=state.attempts + 1,
        expires_at=now + LEASE_SECONDS,
    )


def beaten(state: State, *, token: int, now: float) -> State:
    """The worker lives; its lease lasts longer. Raises StaleLeaseError."""
    _allow(state, Deed.BEAT, token)
    return replace(state, expires_at=now + LEASE_SECONDS)


def kept(state: State, *, token: int, now: float, done: int, total: int) -> State:
    """A step is done, so the attempt that runs is the first one again. Raises StaleLeaseError."""
    _allow(state, Deed.KEEP, token)
    return replace(state, expires_at=now + LEASE_SECONDS, done=done, total=total, attempts=1, reason="")


def finished(state: State, *, token: int) -> State:
    """All is done. Raises StaleLeaseError."""
    _allow(state, Deed.FINISH, token)
    return replace(state, standing=Standing.DONE, done=state.total, reason="")


def broken(state: State, *, token: int, now: float, reason: str) -> State:
    """The attempt failed: there is another one later, or this was the last. Raises StaleLeaseError."""
    _allow(state, Deed.BREAK, token)
    return _after_failure(state, now, reason)


def lapsed(state: State, *, now: float) -> State:
    """Nobody heard of the worker again; whatever it still brings is refused."""
    _allow(state, Deed.LAPSE)
    after = _after_failure(state, now, DIED)
    return after if after.standing in ENDED else replace(after, not_before=now, reason="")


def released(state: State, *, token: int) -> State:
    """The worker had to stop through no fault of the job. Raises StaleLeaseError."""
    _allow(state, Deed.RELEASE, token)
    standing = Standing.CANCELLED if state.end_is_wished else Standing.WAITING
    return replace(state, standing=standing, attempts=state.attempts - 1, reason="")


def cancelled(state: State) -> State:
    """Nobody wants it any more: at once where nobody works on it, else when its worker looks. An ended one stays."""
    if state.standing in ENDED:
        return state
    _allow(state, Deed.CANCEL)
    if state.standing is Standing.WAITING:
        return replace(state, standing=Standing.CANCELLED, end_is_wished=True, reason="")
    return replace(state, end_is_wished=True)


def stopped(state: State, *, token: int, reason: str = "") -> State:
    """The worker heeded the wish, or had to leave the rest to somebody else. Raises StaleLeaseError."""
    _allow(state, Deed.STOP, token)
    return replace(state, standing=Standing.CANCELLED, reason=reason)


def _after_failure(state: State, now: float, reason: str) -> State:
    if state.end_is_wished:
        return replace(state, standing=Standing.CANCELLED, reason="")
    if state.attempts >= ATTEMPTS:
        return replace(state, standing=Standing.FAILED, reason=reason)
    pause = PAUSE_SECONDS * 2.0 ** (state.attempts - 1)
    return replace(state, standing=Standing.WAITING, not_before=now + pause, reason=reason)


def _allow(state: State, deed: Deed, token: int | None = None) -> None:
    if (state.standing, deed) not in TRANSITIONS or (token is not None and token != state.token):
        raise StaleLeaseError

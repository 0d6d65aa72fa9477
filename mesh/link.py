"""Owns what is known of one other member: how it is, how far away, and how long to wait for it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from mesh.addresses import Place
from mesh.report import NodeReport
from mesh.roster import Member
from mesh.telling import Kept

OPENED_AT_ONCE: Final = 8
GONE_AFTER_SECONDS: Final = 5.0
LAGS: Final = 5
"""Exchanges of which the quickest says what the way takes: the others held a handshake, or a busy box."""
ROUND_TRIPS: Final = 3.0
"""A node whose answers take long anyhow, as on an old PC with much to do, gets so many of its round trips of time."""
LONGEST_PATIENCE_SECONDS: Final = 3.0
"""Less than `GONE_AFTER_SECONDS`: nobody waits for a node that counts as gone."""
MISSES: Final = 2
"""So many calls of ours in a row without an answer, and the node counts as away, though it may still call us itself.

One alone is lost now and then on a poor radio link.
"""


@dataclass(slots=True)
class Link:
    """What is known of one other member."""

    member: Member
    report: NodeReport | None = None
    heard_at: float = float("-inf")
    round_trip_seconds: float = 0.0
    """As it was lately; what this box or that one did at the time is in it."""
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=LAGS))
    place: Place | None = None
    skew_seconds: float = 0.0
    """How far its clock is ahead of ours."""
    failure: str = ""
    """Why the last request that was sent there failed; empty once a probe went through."""
    failed_digest: str = ""
    """The model that it failed with."""
    strange: str = ""
    """What was wrong with its last answer to our own call; only a good answer to such a call clears that."""
    misses: int = 0
    """Our own calls to it since its last answer."""
    knows_version: int = 0
    """The roster that it told of last."""
    kept: Kept = field(default_factory=Kept)
    """What it told that it need not tell again."""
    keeps: tuple[str, ...] = ()
    """What it keeps of what was told to it."""
    task: asyncio.Task[None] | None = field(default=None, repr=False)
    opening: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OPENED_AT_ONCE), repr=False)
    """Held while a stream to it is opened."""
    gone: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set when the node belongs no more: whatever runs there has to end."""

    @property
    def lag_seconds(self) -> float:
        """What the way there and back takes: the least of the last exchanges; the others held more than the way."""
        return min(self.lags, default=self.round_trip_seconds)

    def problem(self, now: float) -> str:
        """Why it cannot be used now, as the end of a sentence; empty where it can.

        That it calls us does not say that our way to it works, so what our own calls came to goes first.
        """
        if self.misses >= MISSES and self.place is not None:
            return "does not answer"
        if self.strange:
            return self.strange
        if self.report is None or self.place is None:
            return "was not reached yet"
        return "does not answer" if self.is_silent(now) else self.failure

    def is_silent(self, now: float) -> bool:
        """Whether nothing was heard of it for so long that it counts as gone."""
        return now - self.heard_at > GONE_AFTER_SECONDS

    def patience(self, seconds: float) -> float:
        """How long to wait for this node where a quick one gets so many seconds."""
        return max(seconds, min(ROUND_TRIPS * self.round_trip_seconds, LONGEST_PATIENCE_SECONDS))

"""Owns noticing that two boxes show one identity, as after a stick was copied whole: both call at once."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Final

AT_ONCE_SECONDS: Final = 10.0
"""Each member calls every two seconds; two that were both heard within this are both there."""
TOLD_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Run:
    """One run of a node's daemon."""

    address: str
    first_at: float
    last_at: float


class Twins:
    """What is heard of each member's daemons; a daemon that is started again is another run, but the old one is silent.

    Two network cards of one box are two addresses of one run, so they are no twins.
    """

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._runs: dict[str, dict[str, _Run]] = {}
        self._found: dict[str, tuple[float, tuple[str, ...]]] = {}

    def heard(self, node_id: str, run: str, address: str) -> None:
        """A member called from this address; `run` names the run of its daemon, nothing for an older Hearth."""
        if not run:
            return
        now = self._monotonic()
        runs = {one: told for one, told in self._runs.get(node_id, {}).items() if now - told.last_at < AT_ONCE_SECONDS}
        known = runs.setdefault(run, _Run(address=address, first_at=now, last_at=now))
        known.address, known.last_at = address, now
        self._runs[node_id] = runs
        newest = max(runs.values(), key=lambda one: one.first_at)
        # The one that was there before has to be heard again after the newer one came: else it was started anew.
        if any(one.last_at > newest.first_at for one in runs.values() if one is not newest):
            self._found[node_id] = (now, tuple(sorted({one.address for one in runs.values()})))

    @property
    def doubled(self) -> Set[str]:
        """The members whose identity two boxes show at once."""
        return {node_id for node_id in self._found if self.addresses(node_id)}

    def addresses(self, node_id: str) -> tuple[str, ...]:
        """Where the boxes are that show this identity at once; empty where there is one, as there should be."""
        found_at, addresses = self._found.get(node_id, (float("-inf"), ()))
        return addresses if self._monotonic() - found_at < TOLD_SECONDS else ()

"""Who has to leave memory so that a model can come: a pure decision, with the numbers where the answer is no."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A model that is in memory."""

    name: str
    need_bytes: int
    holders: int
    """Requests that it serves now."""
    idle_since: float
    """On a clock that never goes back; of meaning only where nobody holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """These models make room, in this order; none where there is room already."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """There would be room, were these not answering somebody now."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """The model does not fit even with all others gone."""

    need_bytes: int
    budget_bytes: int


def room_for(need_bytes: int, residents: Sequence[Resident], budget_bytes: int) -> Leave | Busy | TooLarge:
    """How a model of this need gets into memory; who was idle longest leaves first."""
    if need_bytes > budget_bytes:
        return TooLarge(need_bytes=need_bytes, budget_bytes=budget_bytes)
    taken = sum(resident.need_bytes for resident in residents)
    leaving: list[str] = []
    for resident in sorted((one for one in residents if not one.holders), key=lambda one: one.idle_since):
        if taken + need_bytes <= budget_bytes:
            break
        taken -= resident.need_bytes
        leaving.append(resident.name)
    if taken + need_bytes <= budget_bytes:
        return Leave(names=tuple(leaving))
    return Busy(names=tuple(resident.name for resident in residents if resident.holders))

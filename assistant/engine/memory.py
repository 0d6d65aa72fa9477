"""Who has to leave memory so that a model can come: a pure decision, with the numbers where the answer is no."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Of both memories that a model may take."""

    memory_bytes: int
    graphics_bytes: int = 0
    """Of the graphics card."""

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            memory_bytes=self.memory_bytes + other.memory_bytes,
            graphics_bytes=self.graphics_bytes + other.graphics_bytes,
        )

    def __sub__(self, other: "Amount") -> "Amount":
        return self + Amount(memory_bytes=-other.memory_bytes, graphics_bytes=-other.graphics_bytes)

    def beyond(self, budget: "Amount") -> "Amount":
        """What is too much, in each memory by itself."""
        over = self - budget
        return Amount(memory_bytes=max(0, over.memory_bytes), graphics_bytes=max(0, over.graphics_bytes))

    def eases(self, lack: "Amount") -> bool:
        """Whether giving it back helps against this lack."""
        return bool((self.memory_bytes and lack.memory_bytes > 0) or (self.graphics_bytes and lack.graphics_bytes > 0))

    def __bool__(self) -> bool:
        return bool(self.memory_bytes or self.graphics_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A model that is in memory."""

    name: str
    need: Amount
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

    need: Amount
    budget: Amount


def room_for(need: Amount, residents: Sequence[Resident], budget: Amount) -> Leave | Busy | TooLarge:
    """How a model of this need gets into memory; who was idle longest leaves first, if that helps."""
    if need.beyond(budget):
        return TooLarge(need=need, budget=budget)
    taken = taken_by(residents)
    leaving: list[str] = []
    for resident in sorted((one for one in residents if not one.holders), key=lambda one: one.idle_since):
        lack = (taken + need).beyond(budget)
        if resident.need.eases(lack):
            taken -= resident.need
            leaving.append(resident.name)
    if not (taken + need).beyond(budget):
        return Leave(names=tuple(leaving))
    return Busy(names=tuple(resident.name for resident in residents if resident.holders))


def taken_by(residents: Iterable[Resident]) -> Amount:
    """What models take together."""
    return sum((resident.need for resident in residents), Amount(memory_bytes=0))

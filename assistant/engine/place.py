"""Where something is computed: on this box, or on another node of its mesh."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Where an answer was computed, and why there."""

    node_id: str
    name: str
    is_here: bool
    reason: str


OnPlace = Callable[[Computed], None]


def untold(_computed: Computed) -> None:
    """For whoever does not want to know."""

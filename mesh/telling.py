"""Owns what is left out of what nodes tell each other: parts that the other one has said that it keeps from before.

Models change rarely; the ways to other nodes are as many as there are nodes, and would be told to as many. Each of
the two parts has a name made of what it says. Who keeps a part names it in whatever it says next, and from then on
only the name comes. A Hearth that knows nothing of this names nothing, and is told everything each time.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import TypeAdapter

from mesh.addresses import Place
from mesh.report import Exchange, ModelOffer

MARK_BYTES: Final = 8
SECONDS_FOR_EACH: Final = 0.5
"""The ways change with each measurement. They are told anew no more often than this times the number of nodes, so
that what one node sends for it in a second grows with their number, and not with its square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a node tells of its ways to others."""

    lags: Mapping[str, float] = field(default_factory=dict)
    bandwidths: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


_STOCK = TypeAdapter(tuple[ModelOffer, ...])
_WAYS = TypeAdapter(Ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What another node told of its models and ways, by the names that it gave to them."""

    stock: str = ""
    models: tuple[ModelOffer, ...] = ()
    way: str = ""
    ways: Ways = Ways()

    @property
    def names(self) -> tuple[str, ...]:
        """What that node need not tell again."""
        return tuple(name for name in (self.stock, self.way) if name)


class Telling:
    """What this node tells to all, shortened for each."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._models: tuple[ModelOffer, ...] = ()
        self._stock = ""
        self._ways = Ways()
        self._way = ""
        self._ways_at = float("-inf")

    def shortened(self, said: Exchange, knows: Collection[str], nodes: int) -> Exchange:
        """What is said to one that knows these parts, in a mesh of so many nodes."""
        self._look(said, nodes)
        stock, way = self._stock, self._way
        unchanged = tuple(name for name in (stock, way) if name in knows)
        models = () if stock in unchanged else self._models
        ways = Ways() if way in unchanged else self._ways
        return replace(
            said,
            report=replace(said.report, models=models, lags=ways.lags, bandwidths=ways.bandwidths),
            places=ways.places,
            stock="" if stock in unchanged else stock,
            way="" if way in unchanged else way,
            unchanged=unchanged,
        )

    def _look(self, said: Exchange, nodes: int) -> None:
        if said.report.models != self._models or not self._stock:
            self._models = said.report.models
            self._stock = _name(_STOCK.dump_json(self._models))
        ways, now = ways_of(said), self._monotonic()
        if ways != self._ways and now - self._ways_at >= SECONDS_FOR_EACH * nodes:
            self._ways, self._ways_at = ways, now
            self._way = _name(_WAYS.dump_json(ways))


def completed(said: Exchange, kept: Kept) -> tuple[Exchange, Kept]:
    """What was said with the parts that were left out, and what is kept of it now."""
    if kept.stock not in said.unchanged and (said.stock or not said.unchanged):
        kept = replace(kept, stock=said.stock, models=said.report.models)
    if kept.way not in said.unchanged and (said.way or not said.unchanged):
        kept = replace(kept, way=said.way, ways=ways_of(said))
    ways = kept.ways
    report = replace(said.report, models=kept.models, lags=ways.lags, bandwidths=ways.bandwidths)
    return replace(said, report=report, places=ways.places), kept


def ways_of(said: Exchange) -> Ways:
    """What is said of the ways to other nodes."""
    return Ways(lags=said.report.lags, bandwidths=said.report.bandwidths, places=said.places)


def _name(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=MARK_BYTES).hexdigest()

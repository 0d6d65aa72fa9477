"""Owns what each node tells the others of itself: what it can compute, how fast, how busy and how warm it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from mesh.roster import Id, SignedRoster

EngineState = Literal["ready", "starting", "down"]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[int, Field(ge=0)]
Mark = Annotated[str, Field(max_length=32)]
Marks = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=32)], ...], Field(max_length=8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOffer:
    """A model on a node, and how fast it was measured there."""

    name: Annotated[str, Field(max_length=200)]
    digest: Annotated[str, Field(max_length=64)]
    """SHA-256 of its file: two files of one name are two models."""
    size_bytes: Amount = 0
    is_loaded: bool = False
    context_tokens: Amount = 0
    prefill_rate: Annotated[float, Field(ge=0)] = 0.0
    """Prompt tokens a second; 0 where nothing was measured yet."""
    decode_rate: Annotated[float, Field(ge=0)] = 0.0
    """Tokens a second that are written; 0 where nothing was measured yet."""
    licence: Annotated[str, Field(max_length=200)] = ""
    """Under which it may be copied, where its file or its owner says so."""
    need_bytes: Amount = 0
    """The memory without which it cannot be run; 0 where that is not known."""
    slots: Annotated[int, Field(ge=0, le=1024)] = 0
    """Requests that it works on side by side, which the memory limits; 0 where it is not loaded."""
    is_stuck: bool = False
    """In memory, but the last try brought no word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """A model that a node fetches at the wish of the home node's owner."""

    digest: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=100)]
    share: Share = 0.0
    """How much of it has come."""
    problem: Annotated[str, Field(max_length=300)] = ""
    """Why it does not come, as a sentence; empty where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUpdate:
    """A version of the whole system that a node keeps as one signed file, for itself and for others."""

    version: Annotated[str, Field(max_length=40)]
    digest: Annotated[str, Field(max_length=64)]
    """SHA-256 of the whole file."""
    size_bytes: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Updating:
    """An update that a node fetches and installs at the wish of the home node's owner."""

    version: Annotated[str, Field(max_length=40)]
    digest: Annotated[str, Field(max_length=64)]
    phase: Annotated[str, Field(max_length=20)] = "fetching"
    """Then `checking`, `installing`, `waiting` and `restarting`; any word, since a later Hearth may know others."""
    share: Share = 0.0
    """How much of this phase is done."""
    waits_for: Annotated[str, Field(max_length=200)] = ""
    """Why it does not go on at this moment, as the end of a sentence; empty where it does."""
    problem: Annotated[str, Field(max_length=300)] = ""
    """Why it goes on no more, as a sentence; empty where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How the machine is; what it cannot tell is None."""

    memory_bytes: Amount = 0
    memory_free_bytes: Amount = 0
    """What programs can have: also what only keeps files at hand."""
    graphics: Annotated[str, Field(max_length=200)] = ""
    """The graphics card that computes; empty where none does."""
    graphics_bytes: Amount = 0
    """What models may take of its own memory; 0 where it computes in main memory."""
    graphics_free_bytes: Amount = 0
    disk_free_bytes: Amount = 0
    on_battery: bool | None = None
    battery_share: Share | None = None
    is_charging: bool | None = None
    temperature_celsius: float | None = None
    is_throttled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """One node now."""

    node_id: Id
    version: Annotated[str, Field(max_length=40)]
    clock: float
    """Seconds since 1970 by its own clock."""
    port: Annotated[int, Field(ge=0, le=65535)]
    engine: EngineState = "down"
    slots: Annotated[int, Field(ge=0, le=1024)] = 1
    running: Amount = 0
    waiting: Amount = 0
    served: Annotated[Mapping[Id, Amount], Field(max_length=1024)] = field(default_factory=dict)
    """How many of those are of which other node, so that it does not count its own twice."""
    turn_seconds: Annotated[float, Field(ge=0)] = 0.0
    """How long its engine has worked on one request of late, without what that waited; 0 where none came yet."""
    models: Annotated[tuple[ModelOffer, ...], Field(max_length=200)] = ()
    vitals: Vitals = Vitals()
    room_bytes: Amount = 0
    """What models may take of its memory together; 0 where that is not known."""
    weights_per_second: Annotated[float, Field(ge=0)] = 0.0
    """Bytes of weights that it works through as it writes, as measured; 0 where nothing was measured yet."""
    lends: bool = False
    """Whether it would compute a part of a model for another node now."""
    embeds: Annotated[str, Field(max_length=80)] = ""
    """The model whose vectors it would compute for another node now; empty where it is busy."""
    lags: Mapping[str, float] = field(default_factory=dict)
    """Its measured round trips to others, in seconds."""
    bandwidths: Annotated[Mapping[Id, Annotated[float, Field(ge=0)]], Field(max_length=1024)] = field(
        default_factory=dict
    )
    """Bytes a second to and from others, in the slower direction, as far as this node has measured them."""
    bringing: Annotated[tuple[Bringing, ...], Field(max_length=64)] = ()
    update: KeptUpdate | None = None
    """What it could give to others whose system is older."""
    updating: Updating | None = None
    failed_update: Annotated[str, Field(max_length=40)] = ""
    """The version that was started there and did not work, so that the one before runs again."""
    run: Annotated[str, Field(max_length=32)] = ""
    """Names this run of its daemon, so that two boxes with one identity can be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one node says to another every few seconds, and gets back."""

    report: NodeReport
    roster_version: Amount
    roster: SignedRoster | None = None
    """Sent to whoever has an older one."""
    places: Annotated[Mapping[Id, tuple[Annotated[str, Field(max_length=45)], int]], Field(max_length=1024)] = field(
        default_factory=dict
    )
    """Where the sender reaches others; whoever is there still has to prove who it is."""
    stock: Mark = ""
    """Names what is told here of models."""
    way: Mark = ""
    """Names what is told here of lags, bandwidths and places."""
    unchanged: Marks = ()
    """What is left out here, since the receiver has said that it keeps it."""
    knows: Marks = ()
    """What the sender keeps of what the receiver told before."""


class Wire:
    """How an exchange goes from node to node: whatever is as it is without a word is not mentioned."""

    def __init__(self) -> None:
        self._shape = TypeAdapter(Exchange)

    def dump_json(self, said: Exchange) -> bytes:
        """As it is sent."""
        return self._shape.dump_json(said, exclude_defaults=True)

    def validate_json(self, content: bytes | str) -> Exchange:
        """As it came; raises ValidationError."""
        return self._shape.validate_json(content)


EXCHANGE = Wire()
REPORT = TypeAdapter(NodeReport)

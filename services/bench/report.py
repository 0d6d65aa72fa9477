"""What a bench found, as frozen data; medians with their spread, so that two benches can be compared; pure."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One figure, measured several times."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a model reads and writes in one place, in tokens a second."""

    prefill: Spread
    decode: Spread
    prompt_tokens: int
    output_tokens: int
    first_word_seconds: Spread
    """All that was not writing: the way there, waiting and reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelResult:
    """A model on one node; without a speed, `problem` says why."""

    name: str
    digest: str
    speed: Speed | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """A node of the mesh."""

    node_id: str
    name: str
    role: str
    is_here: bool
    version: str
    memory_bytes: int
    models: tuple[ModelResult, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResult:
    """The link from one node to another, both by name; without figures, `problem` says why."""

    from_node: str
    to_node: str
    round_trip_ms: Spread | None = None
    up_mbit_per_second: Spread | None = None
    down_mbit_per_second: Spread | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitResult:
    """A model over several nodes against the fastest node that holds it alone."""

    name: str
    digest: str
    speed: Speed | None = None
    single_node: str = ""
    """Which one that is; empty where none holds it."""
    decode_vs_single: float | None = None
    prefill_vs_single: float | None = None
    link: str = ""
    """How the boxes spoke with each other: `wireguard` or `tls`."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """A model of an engine of another make, as the mesh measured it when it last looked; the bench asks it nothing."""

    engine: str
    model: str
    decode_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One bench."""

    taken_at: str
    version: str
    seed: int
    rounds: int
    seconds: float
    nodes: tuple[NodeResult, ...]
    links: tuple[LinkResult, ...] = ()
    splits: tuple[SplitResult, ...] = ()
    engines: tuple[EngineResult, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is written to a file."""
        return asdict(self)


def spread(values: Sequence[float]) -> Spread:
    """The figure of these measurements, of which there is at least one."""
    return Spread(median=statistics.median(values), low=min(values), high=max(values), count=len(values))


def speed(runs: Sequence[dict[str, Any]]) -> Speed:
    """The speed of these runs, as the mesh tells them."""
    return Speed(
        prefill=spread([run["prompt_tokens"] / run["prompt_seconds"] for run in runs]),
        decode=spread([run["output_tokens"] / run["output_seconds"] for run in runs]),
        prompt_tokens=max(run["prompt_tokens"] for run in runs),
        output_tokens=max(run["output_tokens"] for run in runs),
        first_word_seconds=spread([max(0.0, run["seconds"] - run["output_seconds"]) for run in runs]),
    )


def link(from_node: str, to_node: str, runs: Sequence[dict[str, Any]]) -> LinkResult:
    """The figures of a link; each run is one measurement as the mesh tells it."""
    return LinkResult(
        from_node=from_node,
        to_node=to_node,
        round_trip_ms=spread([one for run in runs for one in run["round_trips_ms"]]),
        up_mbit_per_second=spread([run["up_bits_per_second"] / 1e6 for run in runs]),
        down_mbit_per_second=spread([run["down_bits_per_second"] / 1e6 for run in runs]),
    )


def against_single(name: str, digest: str, together: Speed, nodes: Sequence[NodeResult]) -> SplitResult:
    """A model over several nodes beside the node that writes fastest with it alone."""
    alone = [(one.speed, node.name) for node in nodes for one in node.models if one.digest == digest and one.speed]
    if not alone:
        return SplitResult(name=name, digest=digest, speed=together)
    fastest, node = max(alone, key=lambda item: item[0].decode.median)
    return SplitResult(
        name=name,
        digest=digest,
        speed=together,
        single_node=node,
        decode_vs_single=together.decode.median / fastest.decode.median,
        prefill_vs_single=together.prefill.median / fastest.prefill.median,
    )

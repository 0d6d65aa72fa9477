"""Owns the decision whether and how one model runs over several nodes: pure functions over what the nodes tell.

One token passes all layers in turn, so the boxes work one after the other: a token takes the sum of what each box takes
for its layers, and for each box that is not this one two turns of the wire and its bytes on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from mesh.scheduler import LOAD_BYTES_A_SECOND

TURNS_A_TOKEN: Final = 2
"""Measured with llama.cpp's RPC: the layers' work is sent, and its outcome is fetched."""
GUESSED_WEIGHTS_A_SECOND: Final = 2e9
"""For a node that has measured nothing yet: the memory of an old PC."""
GUESSED_BYTES_A_SECOND: Final = 12.5e6
"""For a link that nobody has measured yet: the slower cables of a house, 100 Mbit/s."""
MOST_LOOKED_AT: Final = 8
"""Of more nodes than this the fastest are looked at, so that the choice stays a matter of microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitModel:
    """What of a model matters where it is split."""

    name: str
    layers: int
    """The output counts as one; it is always computed by the last of the other boxes."""
    weight_bytes: int
    output_bytes: int
    """What the output layer takes in weights."""
    context_tokens: int
    kv_bytes_per_token: int
    here_bytes: int
    """Memory of the box that is asked, whatever it computes: words, batches, programs."""
    part_bytes: int
    """The same on each other box."""
    passed_bytes: int = 0
    """What goes to each other box for a token, and the same again comes back."""
    told_bytes: int = 0
    """What comes back of the output layer for a token: a number for each word that the model knows."""

    @property
    def layer_bytes(self) -> int:
        """Memory of one layer: its weights and its part of the conversation."""
        inner = max(1, self.layers - 1)
        weights = max(0, self.weight_bytes - self.output_bytes)
        return -(-(weights + self.kv_bytes_per_token * self.context_tokens) // inner)

    @property
    def layer_weights(self) -> float:
        """Bytes of weights that one layer reads for a token."""
        return self.weight_bytes / max(1, self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A node that could compute a part."""

    node_id: str
    name: str
    room_bytes: int
    weights_per_second: float = 0.0
    """Bytes of weights that it works through in a second, as measured; 0 where nothing was measured yet."""
    round_trip_seconds: float = 0.0
    bytes_per_second: float = 0.0
    """What the link to it carries; 0 where nobody has measured it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A smaller model that is there, and how fast it is written with."""

    name: str
    tokens_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one other node computes."""

    node_id: str
    name: str
    layers: int
    need_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """How a model is split, and how fast that will be."""

    shares: tuple[Share, ...]
    """Of the other nodes, in the order in which the layers pass them."""
    here_layers: int
    here_need_bytes: int
    context_tokens: int
    tokens_per_second: float
    load_seconds: float = 0.0
    """Until the other nodes have their weights, which go over the wire."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why each node that is not used is not, by its name, as the end of a sentence."""

    @property
    def names(self) -> str:
        """Where it runs, such as `this box, beta and gamma`."""
        others = [share.name for share in self.shares]
        return f"{', '.join(['this box', *others[:-1]])} and {others[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRefused:
    """Why a model is not split, as a sentence with the numbers."""

    reason: str
    tokens_per_second: float | None = None
    """What it would bring; None where it does not fit into the nodes together."""


def planned(
    model: SplitModel,
    here: Part,
    others: Sequence[Part],
    *,
    rivals: Sequence[Rival] = (),
    least_tokens_per_second: float,
    left_out: Mapping[str, str] | None = None,
) -> SplitPlan | SplitRefused:
    """The fastest way to run the model over this box and others, or why not.

    It is refused where it would write fewer tokens a second than a person bears, and a smaller model that is there
    would write more. `left_out` are nodes that were struck off before, with the reason.
    """
    out = dict(left_out or {})
    able = [one for one in others if _most_layers(model, one.room_bytes, model.part_bytes) > 0]
    out |= {one.name: "has too little memory for even one layer" for one in others if one not in able}
    looked_at = sorted(able, key=lambda one: (-_speed(one), one.round_trip_seconds, one.node_id))[:MOST_LOOKED_AT]
    best: SplitPlan | None = None
    for count in range(1, len(looked_at) + 1):
        for chosen in combinations(looked_at, count):
            # What the last one computes is told word by word, so it may be worth more to have the widest link last.
            widest = max(chosen, key=_width)
            for ordered in dict.fromkeys((chosen, (*(one for one in chosen if one is not widest), widest))):
                plan = _fitted(model, here, ordered)
                if plan is not None and (best is None or plan.tokens_per_second > best.tokens_per_second):
                    best = plan
    if best is None:
        return SplitRefused(reason=_too_large(model, here, able, out))
    fastest = max(rivals, key=lambda rival: rival.tokens_per_second, default=None)
    if (
        fastest is not None
        and best.tokens_per_second < least_tokens_per_second
        and fastest.tokens_per_second > best.tokens_per_second
    ):
        return SplitRefused(
            reason=(
                f"Over {best.names} it would write {best.tokens_per_second:.2g} tokens a second, "
                f"and “{fastest.name}” writes {fastest.tokens_per_second:.2g}."
            ),
            tokens_per_second=best.tokens_per_second,
        )
    used = {share.node_id for share in best.shares}
    out |= {one.name: "would make it slower" for one in able if one.node_id not in used}
    return SplitPlan(
        shares=best.shares,
        here_layers=best.here_layers,
        here_need_bytes=best.here_need_bytes,
        context_tokens=best.context_tokens,
        tokens_per_second=best.tokens_per_second,
        load_seconds=best.load_seconds,
        left_out=out,
    )


def _fitted(model: SplitModel, here: Part, chosen: Sequence[Part]) -> SplitPlan | None:
    """All layers on exactly these nodes, as many as fit on the fastest; None where they do not all fit."""
    last = chosen[-1]
    most = {here.node_id: min(model.layers - 1, _most_layers(model, here.room_bytes, model.here_bytes))}
    for one in chosen:
        # The output layer is larger or smaller than the others; its node makes room for it and for one layer less.
        fixed = model.part_bytes + (model.output_bytes - model.layer_bytes if one is last else 0)
        most[one.node_id] = _most_layers(model, one.room_bytes, fixed)
    if here.room_bytes < model.here_bytes or any(most[one.node_id] < 1 for one in chosen):
        return None
    given = {here.node_id: 0, **{one.node_id: 1 for one in chosen}}
    left = model.layers - len(chosen)
    for one in sorted((here, *chosen), key=lambda part: (-_speed(part), part is not here)):
        more = min(left, most[one.node_id] - given[one.node_id])
        given[one.node_id] += max(0, more)
        left -= max(0, more)
    if left != 0:
        return None
    seconds = sum(given[one.node_id] * model.layer_weights / _speed(one) for one in (here, *chosen))
    seconds += sum(TURNS_A_TOKEN * one.round_trip_seconds for one in chosen)
    seconds += sum((2 * model.passed_bytes + model.told_bytes * (one is last)) / _width(one) for one in chosen)
    return SplitPlan(
        shares=tuple(
            Share(
                node_id=one.node_id,
                name=one.name,
                layers=given[one.node_id],
                need_bytes=model.part_bytes
                + given[one.node_id] * model.layer_bytes
                + (model.output_bytes - model.layer_bytes if one is last else 0),
            )
            for one in chosen
        ),
        here_layers=given[here.node_id],
        here_need_bytes=model.here_bytes + given[here.node_id] * model.layer_bytes,
        context_tokens=model.context_tokens,
        tokens_per_second=1 / seconds,
        load_seconds=sum(
            given[one.node_id] * model.layer_weights / min(LOAD_BYTES_A_SECOND, _width(one)) for one in chosen
        ),
    )


def _most_layers(model: SplitModel, room_bytes: int, fixed_bytes: int) -> int:
    return max(0, (room_bytes - fixed_bytes) // max(1, model.layer_bytes))


def _width(part: Part) -> float:
    return part.bytes_per_second or GUESSED_BYTES_A_SECOND


def _speed(part: Part) -> float:
    return part.weights_per_second or GUESSED_WEIGHTS_A_SECOND


def _too_large(model: SplitModel, here: Part, able: Sequence[Part], out: Mapping[str, str]) -> str:
    need = model.weight_bytes + model.kv_bytes_per_token * model.context_tokens + model.here_bytes
    need += model.part_bytes * max(1, len(able))
    rooms = here.room_bytes + sum(one.room_bytes for one in able)
    struck = " ".join(f"“{name}” {why}." for name, why in sorted(out.items()))
    told = f"Split over nodes it needs {_gb(need)}, and this box and those that can help have {_gb(rooms)} for models."
    return f"{told} {struck}".strip()


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"

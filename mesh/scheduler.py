"""Owns the decision where a request runs: filter, score by the predicted completion time, pick; pure functions.

An offer is made anew when its node tells something new (`standing_offers`); `picked` is what runs for each request.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from mesh.report import ModelOffer, NodeReport, Vitals
from mesh.roster import Role

BATTERY_FLOOR: Final = 0.3
"""A node that runs on less of its battery than this works for nobody else."""
HOTTEST_CELSIUS: Final = 95.0
WARM_CELSIUS: Final = 80.0
WARM_FACTOR: Final = 1.5
BATTERY_FACTOR: Final = 2.0
"""What a battery's charge is worth: somewhere else is preferred until it is twice as slow."""
LOAD_BYTES_A_SECOND: Final = 300_000_000.0
"""How fast a model comes from a disk, where nothing better is known."""
GUESSED_PREFILL: Final = 60.0
GUESSED_DECODE: Final = 6.0
"""For a node that has measured nothing yet: an old PC with the small model."""
OVERDUE_FACTOR: Final = 1.5
LEAST_OVERDUE_SECONDS: Final = 1.0
"""A first word that was to wait for a model to be loaded is overdue after so many times what was predicted of it."""
HALF_DONE: Final = 0.5
"""Of a request that runs, when another one comes: on average."""
LACKS: Final = "does not have this model"
SERVING_ROLES: Final = frozenset({"home", "worker"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one request takes."""

    digest: str
    """The model's file."""
    prompt_tokens: int
    output_tokens: int
    stays_here: bool = False
    """Its words must not leave this node."""
    conversation: str = ""
    """Requests of one conversation share the beginning of their prompts."""
    name: str = ""
    """What the model is called: engines of other makes know models by their names alone."""
    holds_files: bool = False
    """Words of a person's files go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A node as this one sees it."""

    report: NodeReport
    name: str
    role: Role
    is_here: bool = False
    round_trip_seconds: float = 0.0
    bytes_per_second: float = 0.0
    """What the link to it carries; 0 where that is not known."""
    problem: str = ""
    """Why it cannot be used now, such as that it does not answer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A node that could do the work, boiled down to what the score needs."""

    node_id: str
    name: str
    is_here: bool
    fixed_seconds: float
    """Round trip, and loading the model where it is not in memory."""
    prompt_token_seconds: float
    output_token_seconds: float
    factor: float
    """More than 1 where heat or a battery speaks against it."""
    busy: int
    """Requests that run or wait there."""
    slots: int
    is_cold: bool
    """The model has to be loaded there first."""
    turn_seconds: float
    """0 where no request tells of it: then others are taken to be like the one that is placed."""
    context_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """All that could do the work for one model, and why the others cannot."""

    able: tuple[Offer, ...]
    unable: Mapping[str, str] = field(default_factory=dict)
    """The end of a sentence a node, by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How long a request will take on one node, in seconds, part by part."""

    node_id: str
    name: str
    is_here: bool
    waiting: float
    fixed: float
    prompt: float
    output: float
    total: float
    is_cold: bool = False
    """The model has to be loaded there first, which nobody knows the time of as well as that of words."""

    @property
    def overdue_seconds(self) -> float:
        """After so long without a first word from a cold node another one is asked too; 0 where that is no question."""
        first_word = self.waiting + self.fixed + self.prompt
        return max(LEAST_OVERDUE_SECONDS, OVERDUE_FACTOR * first_word) if self.is_cold else 0.0


def offers(candidates: Sequence[Candidate], digest: str) -> Offers:
    """Filter: who has the model, may work, and is well enough to."""
    able: list[Offer] = []
    unable: dict[str, str] = {}
    for candidate in candidates:
        reason = unfit(candidate, digest)
        if reason:
            unable[candidate.report.node_id] = reason
        else:
            able.append(_offer(candidate, digest))
    return Offers(able=tuple(able), unable=unable)


def offer_of(candidate: Candidate, digest: str) -> Offer | None:
    """What one node could do for this model; None where it cannot."""
    return None if unfit(candidate, digest) else _offer(candidate, digest)


def aged(able: Sequence[Offer], ages: Mapping[str, Sequence[float]]) -> Sequence[Offer]:
    """The offers where a turn lasts no less than those that run there have lasted already.

    `ages` are seconds by node, of our own requests there, the oldest first.
    """
    if not ages:
        return able
    return [_aged(offer, ages[offer.node_id][: offer.slots]) if offer.node_id in ages else offer for offer in able]


def unfit(candidate: Candidate, digest: str) -> str:
    """Why a node cannot do the work, as the end of a sentence; empty where it can."""
    report = candidate.report
    if candidate.problem:
        return candidate.problem
    if candidate.role not in SERVING_ROLES and not candidate.is_here:
        return f"is a {candidate.role} and computes for nobody else"
    if report.engine == "down" or (report.engine == "starting" and not candidate.is_here):
        return "has no language model running now"
    model = _model(report, digest)
    if model is None:
        return LACKS
    if model.is_stuck:
        return "has this model in memory and gets no word out of it"
    if report.room_bytes and model.need_bytes > report.room_bytes:
        return "has too little memory for this model"
    if candidate.is_here:
        return ""  # the box that was asked may always answer itself
    return unwell(report.vitals)


def unwell(vitals: Vitals) -> str:
    """Why a machine should work for nobody else now, as the end of a sentence; empty where it may."""
    if vitals.on_battery and (vitals.battery_share or 0.0) < BATTERY_FLOOR:
        return f"runs on a battery below {BATTERY_FLOOR:.0%}"
    if (vitals.temperature_celsius or 0.0) >= HOTTEST_CELSIUS:
        return f"is at {vitals.temperature_celsius:.0f} °C"
    return ""


def picked(
    able: Sequence[Offer],
    need: Need,
    *,
    reserved: Mapping[str, int],
    cached_tokens: Mapping[str, int],
    without: Set[str] = frozenset(),
) -> Prediction | None:
    """Score and pick: the node with the earliest predicted end; None where none can.

    `reserved` are requests that were sent and that no report counts yet; `cached_tokens` says how much of this prompt
    a node has read before. This node wins a tie.
    """
    best: Offer | None = None
    least = float("inf")
    tokens, output = need.prompt_tokens, need.output_tokens
    whole = tokens + output
    for offer in able:
        if offer.context_tokens and whole > offer.context_tokens:
            continue
        if not offer.is_here and need.stays_here:
            continue
        node_id = offer.node_id
        if without and node_id in without:
            continue
        ahead = offer.busy - offer.slots + 1
        if reserved:
            ahead += reserved.get(node_id, 0)
        unread = max(0, tokens - cached_tokens.get(node_id, 0)) if cached_tokens else tokens
        work = offer.factor * (unread * offer.prompt_token_seconds + output * offer.output_token_seconds)
        seconds = offer.fixed_seconds + work
        if ahead > 0:
            seconds += (ahead - HALF_DONE) * (offer.turn_seconds or work) / offer.slots
        if seconds < least or (offer.is_here and seconds <= least):
            best, least = offer, seconds
    return None if best is None else predicted(best, need, reserved=reserved, cached_tokens=cached_tokens)


def predicted(offer: Offer, need: Need, *, reserved: Mapping[str, int], cached_tokens: Mapping[str, int]) -> Prediction:
    """How long the request will take on this node."""
    ahead = max(0, offer.busy + reserved.get(offer.node_id, 0) - offer.slots + 1)
    unread = max(0, need.prompt_tokens - cached_tokens.get(offer.node_id, 0))
    prompt = offer.factor * unread * offer.prompt_token_seconds
    output = offer.factor * need.output_tokens * offer.output_token_seconds
    waiting = (ahead - HALF_DONE) * (offer.turn_seconds or prompt + output) / offer.slots if ahead else 0.0
    return Prediction(
        node_id=offer.node_id,
        name=offer.name,
        is_here=offer.is_here,
        waiting=waiting,
        fixed=offer.fixed_seconds,
        prompt=prompt,
        output=output,
        total=waiting + offer.fixed_seconds + prompt + output,
        is_cold=offer.is_cold,
    )


def reason(choice: Prediction, here: Prediction | None, *, stays_here: bool = False) -> str:
    """Why it runs there, as a sentence for the person."""
    if stays_here:
        return "Computed here: words of a shelf that stays on this box are in it."
    if choice.is_here:
        return f"Computed here: about {choice.total:.1f} s were predicted."
    if here is None:
        return f"Computed on {choice.name}, since this box could not: about {choice.total:.1f} s were predicted."
    there = f"Computed on {choice.name}: about {choice.total:.1f} s were predicted there"
    return f"{there}, and {here.total:.1f} s on this box."


def reason_beside(choice: Prediction, late: Prediction) -> str:
    """Why a second node was asked while the first one loads the model, as a sentence for the person."""
    where = "here" if choice.is_here else f"on {choice.name}"
    other = "this box" if late.is_here else late.name
    return f"Computed {where}, since {other} was still loading the model when a first word was overdue."


def _model(report: NodeReport, digest: str) -> ModelOffer | None:
    for model in report.models:
        if model.digest == digest:
            return model
    return None


def _aged(offer: Offer, running: Sequence[float]) -> Offer:
    return replace(offer, turn_seconds=max(offer.turn_seconds, sum(running) / len(running)))


def _offer(candidate: Candidate, digest: str) -> Offer:
    report, vitals = candidate.report, candidate.report.vitals
    model = _model(report, digest)
    assert model is not None  # noqa: S101 - `unfit` has looked
    load = 0.0 if model.is_loaded else model.size_bytes / LOAD_BYTES_A_SECOND
    is_warm = vitals.is_throttled or (vitals.temperature_celsius or 0.0) >= WARM_CELSIUS
    factor = (WARM_FACTOR if is_warm else 1.0) * (BATTERY_FACTOR if vitals.on_battery else 1.0)
    return Offer(
        node_id=report.node_id,
        name=candidate.name,
        is_here=candidate.is_here,
        # A request takes a few turns of the wire: the template, the prompt, and the stream's beginning.
        fixed_seconds=load + 3 * candidate.round_trip_seconds,
        prompt_token_seconds=1 / (model.prefill_rate or GUESSED_PREFILL),
        output_token_seconds=1 / (model.decode_rate or GUESSED_DECODE),
        factor=factor,
        busy=report.running + report.waiting,
        slots=max(1, model.slots or report.slots),
        is_cold=not model.is_loaded,
        turn_seconds=report.turn_seconds,
        context_tokens=model.context_tokens,
    )

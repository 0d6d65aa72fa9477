"""Whether a model fits into this box and how fast it would be; pure figures, told before anything is fetched."""

from dataclasses import dataclass
from typing import Final, Literal

from assistant.models.facts import ModelFacts

Place = Literal["memory", "graphics", "none"]

LEAST_CONTEXT: Final = 2048
_BATCH_TOKENS: Final = 512
"""Tokens of a prompt that are computed at once."""
_OVERHEAD_BYTES: Final = 64_000_000
"""Programs, tables of words, and what belongs to no model."""
_ROWS: Final = 24
"""Rows of the model's width that a batch needs at the widest point."""
_KEPT_SHARE: Final = 0.15
_LEAST_KEPT: Final = 1_000_000_000
_MOST_KEPT: Final = 4_000_000_000
PROMPT_CACHE_MIB: Final = 256
"""For conversations that may come back when others took their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What this box has for models."""

    memory_bytes: int
    graphics_bytes: int = 0
    """Of the graphics card that computes; 0 without one."""
    shared: bool = False
    """Whether the graphics compute in main memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """How a model is run: how long a conversation may be, how many at a time, and what that takes."""

    context_tokens: int
    slots: int
    need_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What was measured on this very box: bytes of weights that it works through in a second."""

    writing_bytes_per_second: float
    """One token at a time, as answers are written."""
    reading_parameters_per_second: float
    """Parameters times tokens, as prompts are read."""
    place: Place = "memory"
    """Where it was measured: what the processor does says nothing of the graphics, and the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What is told of a model before it is fetched."""

    place: Place
    need_bytes: int
    room_bytes: int
    context_tokens: int
    slots: int
    tokens_per_second: float | None
    """Words are about three quarters of that; None where nothing was measured yet."""
    prompt_tokens_per_second: float | None


def room_for_models(usable_bytes: int) -> int:
    """Of a PC's memory, what models may take; the rest is for the system, the library and a reserve."""
    kept = min(_MOST_KEPT, max(_LEAST_KEPT, round(usable_bytes * _KEPT_SHARE)))
    return max(0, usable_bytes - kept)


def need_bytes(facts: ModelFacts, *, context_tokens: int, slots: int) -> int:
    """Memory of a model that runs: its weights, its conversations, and what computing takes."""
    conversations = facts.kv_bytes_per_token * context_tokens * slots
    computing = _BATCH_TOKENS * 4 * (facts.vocabulary + _ROWS * facts.width)
    return facts.weight_bytes + conversations + computing + PROMPT_CACHE_MIB * 2**20 + _OVERHEAD_BYTES


def seat(
    facts: ModelFacts, room_bytes: int, *, context_tokens: int, slots: int, longest_tokens: int = 0
) -> Seat | None:
    """The roomiest way to run a model within the room, at most so roomy; None where it does not fit at all.

    Conversations side by side may take as much as the weights do, or a quarter of the room, but no more. Within that,
    longer ones than the usual `context_tokens`, up to `longest_tokens`, come before many at a time.
    """
    usual = min(context_tokens, facts.trained_context) or LEAST_CONTEXT
    longest = min(longest_tokens, facts.trained_context)
    modest = max(facts.weight_bytes, room_bytes // 4)
    for context, side_by_side in _long_ways(longest, usual, slots):
        need = need_bytes(facts, context_tokens=context, slots=side_by_side)
        if need <= room_bytes and facts.kv_bytes_per_token * context * side_by_side <= modest:
            return Seat(context_tokens=context, slots=side_by_side, need_bytes=need)
    for context, side_by_side in _ways(usual, slots):
        need = need_bytes(facts, context_tokens=context, slots=side_by_side)
        conversations = facts.kv_bytes_per_token * context * side_by_side
        if need <= room_bytes and (side_by_side == 1 or conversations <= modest):
            return Seat(context_tokens=context, slots=side_by_side, need_bytes=need)
    return None


def least_need(facts: ModelFacts) -> int:
    """The memory without which a model cannot be run at all."""
    return need_bytes(facts, context_tokens=min(LEAST_CONTEXT, facts.trained_context), slots=1)


def placed(
    facts: ModelFacts, room: Room, *, context_tokens: int, slots: int, longest_tokens: int = 0
) -> tuple[Place, Seat] | None:
    """Where a model is run and how: on the graphics card where it fits.

    Only where conversations there were shorter than the usual ones, and longer in main memory, it is run there.
    """

    def seated(room_bytes: int) -> Seat | None:
        return seat(facts, room_bytes, context_tokens=context_tokens, slots=slots, longest_tokens=longest_tokens)

    in_memory = seated(room.memory_bytes)
    on_card = seated(min(room.graphics_bytes, room.memory_bytes) if room.shared else room.graphics_bytes)
    if on_card is not None and (
        in_memory is None or on_card.context_tokens >= min(context_tokens, in_memory.context_tokens)
    ):
        return "graphics", on_card
    return None if in_memory is None else ("memory", in_memory)


def beside_graphics_bytes(facts: ModelFacts) -> int:
    """Main memory of a model that a graphics card computes: its table of words, results, kept conversations."""
    words = facts.vocabulary * facts.width * 2
    results = _BATCH_TOKENS * 4 * facts.vocabulary
    return words + results + PROMPT_CACHE_MIB * 2**20 + 2 * _OVERHEAD_BYTES


def fit(
    facts: ModelFacts,
    room: Room,
    speed: Speed | None,
    *,
    context_tokens: int,
    slots: int,
    longest_tokens: int = 0,
) -> Fit:
    """Where a model would lie on this box and how fast it would be there."""
    place, found = placed(facts, room, context_tokens=context_tokens, slots=slots, longest_tokens=longest_tokens) or (
        "none",
        None,
    )
    measured = speed if speed is not None and speed.place == place else None
    return Fit(
        place=place,
        need_bytes=found.need_bytes if found else least_need(facts),
        room_bytes=room.graphics_bytes if place == "graphics" else room.memory_bytes,
        context_tokens=found.context_tokens if found else 0,
        slots=found.slots if found else 0,
        tokens_per_second=measured.writing_bytes_per_second / max(1, facts.active_bytes) if measured else None,
        prompt_tokens_per_second=(
            measured.reading_parameters_per_second / max(1.0, facts.parameters * _active_share(facts))
            if measured
            else None
        ),
    )


def _long_ways(longest: int, usual: int, slots: int) -> list[tuple[int, int]]:
    """Conversations longer than the usual ones: two or more at a time first, then one alone."""
    lengths = [length for length in (longest, longest // 2) if length > usual]
    counts = [slots >> halved for halved in range(slots.bit_length() - 1)]
    return [
        *((length, count) for length in lengths for count in counts if count > 1),
        *((length, 1) for length in lengths),
    ]


def _ways(longest: int, slots: int) -> list[tuple[int, int]]:
    """Fewer at a time first, then shorter conversations."""
    ways = []
    while slots > 1:
        ways.append((longest, slots))
        slots //= 2
    context = longest
    while context > LEAST_CONTEXT:
        ways.append((context, 1))
        context //= 2
    return [*ways, (min(LEAST_CONTEXT, longest), 1)]


def _active_share(facts: ModelFacts) -> float:
    return facts.active_bytes / max(1, facts.weight_bytes)

"""How the next token is chosen, in our words and in llama-server's."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen; None leaves it to the engine."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    logit_bias: tuple[tuple[int, float], ...] = ()


def options(sampling: Sampling) -> dict[str, Any]:
    """The fields of a request to llama-server, whose names are ours; what is left to the engine is left out."""
    given = {field.name: getattr(sampling, field.name) for field in dataclasses.fields(sampling)}
    return {
        name: [list(one) if isinstance(one, tuple) else one for one in value] if isinstance(value, tuple) else value
        for name, value in given.items()
        if value not in (None, ())
    }

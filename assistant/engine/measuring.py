"""What a short run of `llama-bench` says about this PC: which threads and batch suit it, how fast it is; pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from firmware.profile import ALL_LAYERS

_PROMPT_TOKENS: Final = 256
_TOKENS: Final = 32
_BATCHES: Final = (128, 256, 512)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The settings that measured fastest on one PC, and its speed with them."""

    key: str
    """Which PC and engine were measured."""
    threads: int
    batch_threads: int
    batch: int
    """Tokens of a prompt that are computed at once."""
    writing_bytes_per_second: float
    """Weights that are worked through as answers are written."""
    reading_parameters_per_second: float
    """Parameters times tokens, as prompts are read."""
    on_graphics: bool = False
    """Whether a graphics card computed, and not the processor."""


def candidates(threads: int, batch_threads: int) -> tuple[int, ...]:
    """Numbers of threads worth trying: never more than the profile allows, which leaves a core to the others."""
    most = max(threads, batch_threads)
    return tuple(sorted({threads, batch_threads, max(1, most // 2), max(1, most * 3 // 4)}))


def bench_command(program: Path, model: Path, threads: Sequence[int], *, device: str = "") -> list[str]:
    """The run that measures every number of threads, and every batch as prompts are read.

    `device` is the graphics card that will serve, as the engine names it; without one the processor is measured.
    """
    return [
        str(program),
        *("--model", str(model)),
        *("--n-prompt", str(_PROMPT_TOKENS)),
        *("--n-gen", str(_TOKENS)),
        *("--threads", ",".join(map(str, threads))),
        *("--ubatch-size", ",".join(map(str, _BATCHES))),
        *("--repetitions", "1"),
        *("--n-gpu-layers", str(ALL_LAYERS if device else 0)),
        *(("--device", device) if device else ()),
        *("--output", "json"),
    ]


def measured(key: str, output: str, *, on_graphics: bool = False) -> Measured:
    """What the run found; raises `ValueError` where it says nothing of use."""
    try:
        runs = [run for run in json.loads(output) if float(run["avg_ts"]) > 0]
        reading = max((run for run in runs if run["n_prompt"]), key=_speed)
        writing = max((run for run in runs if run["n_gen"]), key=_speed)
        return Measured(
            key=key,
            threads=int(writing["n_threads"]),
            batch_threads=int(reading["n_threads"]),
            batch=int(reading["n_ubatch"]),
            writing_bytes_per_second=_speed(writing) * int(writing["model_size"]),
            reading_parameters_per_second=_speed(reading) * int(reading["model_n_params"]),
            on_graphics=on_graphics,
        )
    except (KeyError, TypeError) as error:
        message = "llama-bench said nothing of use"
        raise ValueError(message) from error


def _speed(run: dict[str, Any]) -> float:
    return float(run["avg_ts"])

"""How a model is spread over this box and others: which layers are computed where, and what that takes here; pure.

llama-server reaches each other box at an address of its own network, as llama.cpp's RPC wants it: inside a wire that
leads to the other box, or a port of the loopback, from which on the mesh carries the bytes.
"""

from dataclasses import dataclass

from assistant.engine.command import EngineOptions, command


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One model over several boxes."""

    layers: tuple[int, ...]
    """How many layers each of the other boxes computes; the output counts as a layer."""
    wired: tuple[str, ...]
    """For each of them the address and port at which a wire reaches it, or nothing where none does."""
    context_tokens: int
    need_bytes: int
    """Memory that it takes on this box."""


def spread_command(options: EngineOptions, spread: Spread, places: tuple[str, ...]) -> list[str]:
    """The arguments that start `llama-server` for a part of the layers, the others at these addresses."""
    devices = ",".join(f"RPC{number}" for number in range(len(places)))
    return [
        *command(options),
        *("--rpc", ",".join(places)),
        *("--device", devices),
        *("--split-mode", "layer"),
        *("--tensor-split", ",".join(map(str, spread.layers))),
        *("--fit", "off"),
    ]

"""How a model is spread over this box and others: which layers are computed where, and what that takes here; pure.

llama-server reaches each other box at a loopback port, as llama.cpp's RPC wants it; who carries the bytes on from there
is the mesh's matter.
"""

from dataclasses import dataclass

from assistant.engine.command import EngineOptions, command


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One model over several boxes."""

    layers: tuple[int, ...]
    """How many layers each of the other boxes computes, in the order of the ports; the output counts as a layer."""
    context_tokens: int
    need_bytes: int
    """Memory that it takes on this box."""


def spread_command(options: EngineOptions, spread: Spread, ports: tuple[int, ...]) -> list[str]:
    """The arguments that start `llama-server` for a part of the layers, the others behind these loopback ports."""
    devices = ",".join(f"RPC{number}" for number in range(len(ports)))
    return [
        *command(options),
        *("--rpc", ",".join(f"127.0.0.1:{port}" for port in ports)),
        *("--device", devices),
        *("--split-mode", "layer"),
        *("--tensor-split", ",".join(map(str, spread.layers))),
        *("--fit", "off"),
    ]

"""Owns what a person can set about the mesh."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings:
    """Where this node announces itself and looks for others."""

    interfaces: tuple[str, ...] = ()
    """Network interfaces, such as `eth0`; empty for all that Avahi uses."""
    bus_address: str = ""
    """The D-Bus that Avahi is on; empty for the system bus."""
    split_least_tokens_per_second: float = 2.0
    """A model that no node can hold runs over several of them only if it writes so fast, where a smaller one is there
    that writes faster."""
    split_idle_seconds: float = 300.0
    """A model over several nodes that nobody used for so long gives them their memory back."""
    most_peers: int = 64
    """Nodes remembered at once; what else calls itself a node is left out, so that nobody can fill the memory."""
    port: int = 7377
    """Where other nodes reach this one; under systemd the socket unit decides. 0, or a port that is taken, is replaced
    by any free one, which the announcement tells."""

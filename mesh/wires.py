"""Owns what a WireGuard wire of a lease is to the mesh; who makes one, and how, is not its matter.

A wire has one end in the network of the engine that asks and one in the network of the sandbox that computes, so that
the two speak with each other without anybody in between, and nobody else is in either of these networks.
"""

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from pydantic import BaseModel, Field

from mesh.addresses import Place

KEY: Final = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
"""32 bytes in base64, as `wg` writes them (wireguard.com/protocol)."""

Key = Annotated[str, Field(pattern=f"^{KEY.pattern}$")]
Number = Annotated[int, Field(ge=0, le=255)]
Port = Annotated[int, Field(gt=0, lt=1 << 16)]


class WireOffer(BaseModel):
    """What the node that asks tells of its end: its public key, and which of its wires this is."""

    key: Key
    number: Number


class WireAnswer(BaseModel):
    """What is told of an end that was made: its public key, and the UDP port at which it hears."""

    key: Key
    port: Port


class LentWire(WireAnswer):
    """The end of the node that lends, and the TCP port inside the wire at which its sandbox serves."""

    serves_at: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The addresses of a wire, which mean something inside it alone."""

    own: str
    theirs: str


def asking_end(number: int) -> Ends:
    """As seen by the node that asks."""
    return Ends(own=f"10.72.{number}.1", theirs=f"10.72.{number}.2")


def lending_end(number: int) -> Ends:
    """As seen by the node that lends."""
    return Ends(own=f"10.72.{number}.2", theirs=f"10.72.{number}.1")


class Wire(Protocol):
    """One end of a wire."""

    key: str
    port: int

    async def lead_to(self, key: str, place: Place | None) -> None:
        """Let in whoever has this key; `place` is where to call it, else it is waited for.

        Returns once the other end has answered the call; raises WireRefusedError where it does not.
        """
        ...

    async def broken(self) -> None:
        """Return once nothing comes through any more, or whoever made it has gone."""
        ...


class Wires(Protocol):
    """Makes ends of wires."""

    def opened(self, network: int, ends: Ends) -> AbstractAsyncContextManager[Wire]:
        """An end in the network of this descriptor, for as long as the block; raises WireRefusedError."""
        ...

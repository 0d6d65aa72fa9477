"""Owns what the two sides of a join say to each other; all of it is checked as it enters."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh.join.secret import SecretKind
from mesh.roster import Role, SignedRoster

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""Thirty-two bytes."""
SessionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Pem = Annotated[str, Field(max_length=4000)]


class Said(BaseModel):
    """One message."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GuestHello(Said):
    """The new node's first words: who it is, and a promise of a nonce that it tells later."""

    version: int
    kind: SecretKind
    name: Annotated[str, Field(min_length=1, max_length=63)]
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{100,400}$")]
    """SubjectPublicKeyInfo, DER, in hex."""
    commitment: Hex32
    invited: Hex32 | None = None
    """Which invitation it follows: one that its own screen showed, see `secret.invitation`."""


class HomeHello(Said):
    """The home node's answer: all public."""

    session: SessionId
    authority: Pem
    certificate: Pem
    name: Annotated[str, Field(min_length=1, max_length=63)]
    nonce: Hex32
    clock: float
    """Seconds since 1970, so that the new node can tell how wrong its own clock is."""


class GuestRound(Said):
    """Opens what was promised before and promises the next letter; the last one promises none and is signed."""

    session: SessionId
    index: Annotated[int, Field(ge=0, le=64)]
    opening: Hex32
    commitment: Hex32 | None = None
    signature: Annotated[str, Field(max_length=300)] | None = None


class HomeRound(Said):
    """The same from the home node, which opens only what the new node opened rightly before."""

    index: int
    opening: Hex32 | None = None
    commitment: Hex32 | None = None


class OutcomeQuestion(Said):
    """Has the owner decided?"""

    session: SessionId


class Outcome(Said):
    """What the owner decided, and what makes the new node a member."""

    state: Literal["waiting", "approved", "refused"]
    role: Role | None = None
    certificate: Pem | None = None
    roster: SignedRoster | None = None


class Refusal(Said):
    """Why the conversation ends; `code` is one of `JOIN_REFUSALS`."""

    code: str

"""Owns who belongs to the mesh: a list that only the home node changes, signs and counts, by pure functions.

| from    | event                | to      |
| ------- | -------------------- | ------- |
| –       | admitted             | member  |
| member  | renamed, new role    | member  |
| member  | revoked              | revoked |
| member  | left                 | left    |
| left    | admitted             | member  |
| revoked | admitted             | member  |

Nothing else changes a standing. The home node can be neither revoked nor leave its own mesh: it dissolves it.
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field, TypeAdapter, ValidationError

from mesh.errors import NoSuchMemberError, RosterRefusedError, UnfitNodeNameError
from mesh.identity import NodeId, node_id_of

Role = Literal["home", "worker", "storage", "client"]
"""`home` decides who belongs; `worker` computes for others; `storage` keeps models for them; `client` only asks."""
Standing = Literal["member", "revoked", "left"]

DOMAIN = b"hearth-roster-1\x00"
"""Goes before what is signed, so that a signature over a roster is one over nothing else."""
NODE_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,38}[^\s\x00-\x1f\x7f])?")
MOST_MEMBERS = 1024
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, Field(pattern=r"^[a-z2-7]{26}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One node, as the home node knows it."""

    node_id: Id
    name: Annotated[str, Field(min_length=1, max_length=63)]
    role: Role
    standing: Standing
    fingerprint: Fingerprint
    """SHA-256 of its public key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody who belongs or once belonged. A higher version replaces a lower one and is never taken back."""

    mesh_id: Id
    version: Annotated[int, Field(ge=1)]
    issued_at: float
    """Seconds since 1970, by the home node's clock."""
    members: Annotated[tuple[Member, ...], Field(max_length=MOST_MEMBERS)]

    def member(self, node_id: str) -> Member:
        """This node's entry; raises NoSuchMemberError."""
        for member in self.members:
            if member.node_id == node_id:
                return member
        raise NoSuchMemberError

    def admits(self, node_id: str, fingerprint: str) -> bool:
        """Whether this node, with this very key, belongs now."""
        return any(
            member.node_id == node_id and member.fingerprint == fingerprint and member.standing == "member"
            for member in self.members
        )

    @property
    def active(self) -> tuple[Member, ...]:
        """Those that belong now."""
        return tuple(member for member in self.members if member.standing == "member")

    @property
    def home(self) -> Member:
        """The node that decides who belongs; raises NoSuchMemberError."""
        for member in self.members:
            if member.role == "home":
                return member
        raise NoSuchMemberError


def first_roster(mesh_id: str, home_fingerprint: str, name: str, now: float) -> Roster:
    """The roster of a mesh whose home node is alone."""
    home = Member(
        node_id=node_id_of(home_fingerprint),
        name=fit_name(name),
        role="home",
        standing="member",
        fingerprint=home_fingerprint,
    )
    return Roster(mesh_id=mesh_id, version=1, issued_at=now, members=(home,))


def admitted(roster: Roster, fingerprint: str, name: str, role: Role, now: float) -> Roster:
    """The roster after the owner let a node in; one that was there before takes its old place."""
    if role == "home":
        raise RosterRefusedError("A mesh has one home node.")
    node_id = node_id_of(fingerprint)
    member = Member(node_id=node_id, name=fit_name(name), role=role, standing="member", fingerprint=fingerprint)
    others = tuple(other for other in roster.members if other.node_id != node_id)
    if len(others) >= MOST_MEMBERS:
        raise RosterRefusedError(f"A mesh has at most {MOST_MEMBERS} nodes.")
    return _next(roster, (*others, member), now)


def renamed(roster: Roster, node_id: str, name: str, now: float) -> Roster:
    """The roster after a node got another name; raises NoSuchMemberError and UnfitNodeNameError."""
    return _changed(roster, replace(roster.member(node_id), name=fit_name(name)), now)


def with_role(roster: Roster, node_id: str, role: Role, now: float) -> Roster:
    """The roster after a node got another role; the home node keeps its own."""
    member = roster.member(node_id)
    if "home" in (member.role, role):
        raise RosterRefusedError("The home node's role stays, and no other node takes it.")
    return _changed(roster, replace(member, role=role), now)


def dismissed(roster: Roster, node_id: str, standing: Literal["revoked", "left"], now: float) -> Roster:
    """The roster after a node was revoked or left; unchanged where it had gone already."""
    member = roster.member(node_id)
    if member.role == "home":
        raise RosterRefusedError("The home node cannot go from its own mesh; dissolve the mesh instead.")
    return roster if member.standing != "member" else _changed(roster, replace(member, standing=standing), now)


def dissolved(roster: Roster, now: float) -> Roster:
    """The last roster of a mesh: nobody but the home node is left."""
    for member in roster.active:
        if member.role != "home":
            roster = dismissed(roster, member.node_id, "revoked", now)
    return roster


def newer(held: Roster | None, offered: Roster) -> Roster:
    """The one to go by: a roster of the same mesh with a lower version never replaces one with a higher."""
    if held is None:
        return offered
    if held.mesh_id != offered.mesh_id:
        raise RosterRefusedError("It is of another mesh.")
    return offered if offered.version > held.version else held


def fit_name(name: str) -> str:
    """The name without blanks around it; raises UnfitNodeNameError where it is empty, long or unprintable."""
    bare = name.strip()
    if not NODE_NAME.fullmatch(bare) or not bare.isprintable():
        raise UnfitNodeNameError
    return bare


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRoster:
    """A roster as it travels: the very bytes that were signed, and the authority's signature in hex."""

    content: Annotated[str, Field(max_length=1_000_000)]
    signature: Annotated[str, Field(max_length=300)]


ROSTER = TypeAdapter(Roster)


def signed(roster: Roster, authority_key: ec.EllipticCurvePrivateKey) -> SignedRoster:
    """The roster with the authority's word for it (ECDSA, P-256, SHA-256)."""
    content = ROSTER.dump_json(roster)
    signature = authority_key.sign(DOMAIN + content, ec.ECDSA(hashes.SHA256()))
    return SignedRoster(content=content.decode(), signature=signature.hex())


def roster_in(offered: SignedRoster, authority_key: ec.EllipticCurvePublicKey) -> Roster:
    """The roster that the authority signed; raises RosterRefusedError for everything else."""
    try:
        content = offered.content.encode()
        authority_key.verify(bytes.fromhex(offered.signature), DOMAIN + content, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError) as problem:
        raise RosterRefusedError("The mesh's authority did not sign it.") from problem
    try:
        return ROSTER.validate_json(content)
    except ValidationError as problem:
        raise RosterRefusedError("Another version of Hearth wrote it.") from problem


def as_node_id(text: str) -> NodeId:
    """A node's id that was checked to be one."""
    return NodeId(text)


def _changed(roster: Roster, member: Member, now: float) -> Roster:
    if member == roster.member(member.node_id):
        return roster
    members = tuple(member if other.node_id == member.node_id else other for other in roster.members)
    return _next(roster, members, now)


def _next(roster: Roster, members: tuple[Member, ...], now: float) -> Roster:
    return replace(roster, version=roster.version + 1, issued_at=now, members=members)

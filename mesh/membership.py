"""Owns what makes this node a member, as it lies on the disk; on the home node the authority's key lies beside it."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import TypeAdapter, ValidationError

from firmware.durable import write_durably
from mesh.certificates import (
    authority_certificate,
    certificate_in,
    date_standing,
    fingerprint_in,
    holder_of,
    node_certificate,
    pem,
    public_key_in,
    renewal_due,
)
from mesh.errors import CertificateRefusedError, MembershipDamagedError, PeerRefusedError, RosterRefusedError
from mesh.identity import KEY, Identity, NodeId, fingerprint_of, node_id_of
from mesh.roster import Role, Roster, SignedRoster, as_node_id, first_roster, newer, roster_in, signed

RECORD, AUTHORITY_KEY, CHAIN = "membership.json", "authority.key", "mesh.crt"
SIGNED = TypeAdapter(SignedRoster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """This node in its mesh."""

    authority: x509.Certificate
    certificate: x509.Certificate
    roster: Roster
    signed_roster: SignedRoster
    authority_key: ec.EllipticCurvePrivateKey | None = None
    """Only on the home node."""

    @property
    def mesh_id(self) -> str:
        """The mesh's name for machines."""
        return self.roster.mesh_id

    @property
    def authority_fingerprint(self) -> str:
        """SHA-256 of the authority's public key."""
        return fingerprint_in(self.authority)

    @property
    def node_id(self) -> NodeId:
        """This node."""
        return holder_of(self.certificate, self.authority)

    @property
    def role(self) -> Role:
        """What this node is in the mesh."""
        return self.roster.member(self.node_id).role

    def with_roster(self, roster: Roster) -> "Membership":
        """On the home node: the membership after it changed the roster."""
        if self.authority_key is None:
            raise RosterRefusedError("Only the home node changes the list of nodes.")
        return replace(self, roster=roster, signed_roster=signed(roster, self.authority_key))

    def with_offered(self, offered: SignedRoster) -> "Membership":
        """The membership after another node offered a roster; raises RosterRefusedError."""
        roster = newer(self.roster, roster_in(offered, public_key_in(self.authority)))
        return self if roster is self.roster else replace(self, roster=roster, signed_roster=offered)

    def certificate_for(self, public_key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
        """On the home node: a certificate for another node."""
        if self.authority_key is None:
            raise CertificateRefusedError("Only the home node makes certificates.")
        return node_certificate(self.authority_key, self.authority, public_key, now)

    def renewed(self, identity: Identity, now: datetime) -> "Membership":
        """On the home node: the membership with a certificate that is good for a while."""
        if self.authority_key is None or not renewal_due(self.certificate, now):
            return self
        return replace(self, certificate=self.certificate_for(identity.key.public_key(), now))

    def with_certificate(self, text: str) -> "Membership":
        """The membership with a certificate that the home node made anew; raises CertificateRefusedError."""
        certificate = certificate_in(text)
        if holder_of(certificate, self.authority) != self.node_id:
            raise CertificateRefusedError("It is for another node.")
        return replace(self, certificate=certificate)

    def peer(self, shown: x509.Certificate, now: datetime) -> NodeId:
        """The member that shows this certificate; raises PeerRefusedError with the reason."""
        try:
            node_id = holder_of(shown, self.authority)
        except CertificateRefusedError as problem:
            raise PeerRefusedError("stranger") from problem
        known = {member.node_id: member for member in self.roster.members}
        member = known.get(node_id)
        if member is None or member.fingerprint != fingerprint_in(shown):
            raise PeerRefusedError("stranger")
        if member.standing != "member":
            raise PeerRefusedError("revoked")
        standing = date_standing(shown, now)
        if standing != "valid":
            raise PeerRefusedError(standing)
        return as_node_id(member.node_id)


def founded(identity: Identity, name: str, now: datetime) -> Membership:
    """A new mesh with this node as its home."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = authority_certificate(key, now)
    roster = first_roster(node_id_of(fingerprint_of(key.public_key())), identity.fingerprint, name, now.timestamp())
    return Membership(
        authority=authority,
        certificate=node_certificate(key, authority, identity.key.public_key(), now),
        roster=roster,
        signed_roster=signed(roster, key),
        authority_key=key,
    )


class MembershipStore:
    """Keeps the membership in the folder of the identity."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def key_file(self) -> Path:
        """The node's own key, as TLS wants it."""
        return self._folder / KEY

    @property
    def chain_file(self) -> Path:
        """The node's certificate under the authority, as TLS wants it."""
        return self._folder / CHAIN

    def load(self) -> Membership | None:
        """What was saved; None where this node is in no mesh. Raises MembershipDamagedError."""
        if not (self._folder / RECORD).exists():
            return None
        try:
            record = json.loads((self._folder / RECORD).read_bytes())
            authority, certificate = certificate_in(record["authority"]), certificate_in(record["certificate"])
            offered = SIGNED.validate_python(record["roster"])
            roster = roster_in(offered, public_key_in(authority))
        except (
            ValueError,
            KeyError,
            TypeError,
            ValidationError,
            CertificateRefusedError,
            RosterRefusedError,
        ) as problem:
            raise MembershipDamagedError(str(self._folder)) from problem
        return Membership(
            authority=authority,
            certificate=certificate,
            roster=roster,
            signed_roster=offered,
            authority_key=self._authority_key(),
        )

    def save(self, membership: Membership) -> None:
        """Keep it, on the disk when this returns."""
        key = membership.authority_key
        if key is not None and self._authority_key() is None:
            text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_durably(self._folder / AUTHORITY_KEY, text, 0o600)
        certificate = pem(membership.certificate)
        write_durably(self.chain_file, certificate.encode(), 0o600)
        record = {
            "authority": pem(membership.authority),
            "certificate": certificate,
            "roster": SIGNED.dump_python(membership.signed_roster),
            "saved_at": datetime.now(UTC).isoformat(),
        }
        write_durably(self._folder / RECORD, json.dumps(record).encode(), 0o600)

    def forget(self) -> None:
        """Remove all that made this node a member; its own identity stays."""
        for name in (RECORD, CHAIN, AUTHORITY_KEY):
            (self._folder / name).unlink(missing_ok=True)

    def _authority_key(self) -> ec.EllipticCurvePrivateKey | None:
        file = self._folder / AUTHORITY_KEY
        if not file.exists():
            return None
        key = load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise MembershipDamagedError(str(self._folder))
        return key

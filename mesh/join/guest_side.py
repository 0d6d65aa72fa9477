"""Owns the new node's half of one join.

| from     | event              | to       |
| -------- | ------------------ | -------- |
| new      | hello              | greeting |
| greeting | home's hello, fit  | pinned   |
| pinned   | first round        | proving  |
| proving  | home's round, right| proving  |
| proving  | home's last, right | waiting  |
| waiting  | approved           | joined   |
| waiting  | refused            | failed   |
| any but joined | anything else| failed   |

Nothing secret leaves before `pinned`: from then on all goes through TLS under the authority that was shown, and the
secret itself is told letter by letter, each only after the other side has promised the same one.
"""

from dataclasses import dataclass
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mesh.certificates import certificate_in, fingerprint_in, holder_of, public_key_in
from mesh.errors import CertificateRefusedError, JoinRefusedError, NoSuchMemberError, RosterRefusedError
from mesh.identity import Identity
from mesh.join.messages import GuestHello, GuestRound, HomeHello, HomeRound, Outcome
from mesh.join.secret import invitation, kind_of
from mesh.join.transcript import VERSION, Transcript, commitment, commitment_to_nonce, nonce, same
from mesh.roster import Role, Roster, SignedRoster, roster_in

State = Literal["new", "greeting", "pinned", "proving", "waiting", "joined", "failed"]
TRANSITIONS: Final[dict[tuple[State, str], State]] = {
    ("new", "hello"): "greeting",
    ("greeting", "pin"): "pinned",
    ("pinned", "round"): "proving",
    ("proving", "round"): "proving",
    ("proving", "last"): "waiting",
    ("waiting", "approved"): "joined",
    ("waiting", "refused"): "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What makes this node a member."""

    authority: x509.Certificate
    certificate: x509.Certificate
    roster: Roster
    signed_roster: SignedRoster
    role: Role


class GuestSide:
    """One attempt to join; every method raises JoinRefusedError, after which it is over."""

    def __init__(
        self,
        *,
        identity: Identity,
        name: str,
        secret: str,
        expected_authority: str | None = None,
        is_invited: bool = False,
    ) -> None:
        """`is_invited` says that the secret is this box's own, which its screen showed to the owner of the other."""
        self.state: State = "new"
        self.home_name = ""
        self.home_clock: float | None = None
        self.authority: x509.Certificate | None = None
        """Pinned, once it was shown."""
        self._identity = identity
        self._name = name
        self._secret = secret
        self._expected_authority = expected_authority
        self._is_invited = is_invited
        self._nonce = nonce()
        self._transcript: Transcript | None = None
        self._index = 0
        self._opening = b""
        self._promised = b""

    @property
    def words(self) -> tuple[str, ...]:
        """What both screens show; empty until the other side has proven that it knows the secret."""
        return self._transcript.words if self._transcript and self.state in {"waiting", "joined"} else ()

    @property
    def has_shown_letters(self) -> bool:
        """Whether whoever was at the other end may have learned a part of the secret."""
        return self._index > 1

    def hello(self) -> GuestHello:
        """The first message; nothing in it is secret."""
        self._to("hello")
        public_key = self._identity.key.public_key()
        return GuestHello(
            version=VERSION,
            kind=kind_of(self._secret),
            name=self._name,
            public_key=public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
            commitment=commitment_to_nonce(self._nonce).hex(),
            invited=invitation(self._secret) if self._is_invited else None,
        )

    def pin(self, said: HomeHello, shown: x509.Certificate) -> None:
        """Trust this authority for the rest of the conversation; `shown` is the certificate that TLS showed."""
        try:
            authority, home = certificate_in(said.authority), certificate_in(said.certificate)
            holder_of(home, authority)
            fingerprints = fingerprint_in(authority), fingerprint_in(home)
            if fingerprint_in(shown) != fingerprints[1]:
                raise CertificateRefusedError("It is not the one that was shown.")
        except CertificateRefusedError as problem:
            raise self._failed("wrong_certificate") from problem
        if self._expected_authority is not None and fingerprints[0] != self._expected_authority:
            raise self._failed("wrong_authority")
        self._to("pin")
        self.authority, self.home_name, self.home_clock = authority, said.name, said.clock
        self._transcript = Transcript(
            kind=kind_of(self._secret),
            session=said.session,
            authority=fingerprints[0],
            home=fingerprints[1],
            guest=self._identity.fingerprint,
            home_nonce=bytes.fromhex(said.nonce),
            guest_nonce=self._nonce,
        )

    def round(self) -> GuestRound:
        """The next message: opens what was promised, and promises the next letter."""
        transcript = self._seen()
        opening = self._nonce if self._index == 0 else self._opening
        if self._index == len(self._secret):
            signature = self._identity.key.sign(transcript.signed_by_guest, ec.ECDSA(hashes.SHA256()))
            return GuestRound(
                session=transcript.session, index=self._index, opening=opening.hex(), signature=signature.hex()
            )
        self._opening = nonce()
        promise = commitment(self._opening, transcript.digest, "guest", self._index, self._secret[self._index])
        return GuestRound(
            session=transcript.session, index=self._index, opening=opening.hex(), commitment=promise.hex()
        )

    def heard(self, said: HomeRound) -> None:
        """Check what the home node opened, and keep what it promises."""
        if self.state not in {"pinned", "proving"} or said.index != self._index:
            raise self._failed("out_of_order")
        if self._index > 0:
            self._check(said)
        if self._index == len(self._secret):
            self._to("last")
            return
        if said.commitment is None:
            raise self._failed("out_of_order")
        self._promised = bytes.fromhex(said.commitment)
        self._to("round")
        self._index += 1

    def decided(self, said: Outcome) -> Joined | None:
        """What the owner decided; None while they think."""
        if self.state != "waiting":
            raise self._failed("out_of_order")
        if said.state == "waiting":
            return None
        if said.state == "refused":
            raise self._failed("refused")
        joined = self._joined(said)
        self._to("approved")
        return joined

    def _joined(self, said: Outcome) -> Joined:
        if said.certificate is None or said.roster is None or said.role is None or self.authority is None:
            raise self._failed("out_of_order")
        try:
            certificate = certificate_in(said.certificate)
            holder_of(certificate, self.authority)
            if fingerprint_in(certificate) != self._identity.fingerprint:
                raise CertificateRefusedError("It is for another node.")
            roster = roster_in(said.roster, public_key_in(self.authority))
            role = roster.member(self._identity.node_id).role
        except (CertificateRefusedError, RosterRefusedError, NoSuchMemberError) as problem:
            raise self._failed("wrong_certificate") from problem
        return Joined(
            authority=self.authority, certificate=certificate, roster=roster, signed_roster=said.roster, role=role
        )

    def _check(self, said: HomeRound) -> None:
        index = self._index - 1
        opening = bytes.fromhex(said.opening or "")
        expected = commitment(opening, self._seen().digest, "home", index, self._secret[index])
        if not same(expected, self._promised):
            raise self._failed("wrong_code")

    def _seen(self) -> Transcript:
        if self._transcript is None or self.state not in {"pinned", "proving"}:
            raise self._failed("out_of_order")
        return self._transcript

    def _failed(self, code: str) -> JoinRefusedError:
        self.state = "failed"
        return JoinRefusedError(code)

    def _to(self, event: str) -> None:
        if (self.state, event) not in TRANSITIONS:
            raise self._failed("out_of_order")
        self.state = TRANSITIONS[(self.state, event)]

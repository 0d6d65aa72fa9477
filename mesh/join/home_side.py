"""Owns the home node's half of one join.

| from     | event            | to       |
| -------- | ---------------- | -------- |
| –        | hello            | greeted  |
| greeted  | first round      | proving  |
| proving  | round, right     | proving  |
| proving  | last round       | proven   |
| proven   | owner approves   | approved |
| proven   | owner refuses    | refused  |
| greeted, proving | anything else | failed |

`failed`, `approved` and `refused` are final.
"""

import secrets
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mesh.errors import JoinRefusedError
from mesh.identity import fingerprint_of
from mesh.join.messages import GuestHello, GuestRound, HomeHello, HomeRound
from mesh.join.transcript import VERSION, Transcript, commitment, commitment_to_nonce, nonce, same

State = Literal["greeted", "proving", "proven", "approved", "refused", "failed"]
TRANSITIONS: Final[dict[tuple[State, str], State]] = {
    ("greeted", "round"): "proving",
    ("proving", "round"): "proving",
    ("proving", "last"): "proven",
    ("greeted", "wrong"): "failed",
    ("proving", "wrong"): "failed",
    ("proven", "approve"): "approved",
    ("proven", "refuse"): "refused",
}


class HomeSide:
    """One conversation with one newcomer; every method raises JoinRefusedError, after which it is over."""

    def __init__(self, hello: GuestHello, *, secret: str, authority: str, home: str) -> None:
        if hello.version != VERSION:
            raise JoinRefusedError("version")
        self.state: State = "greeted"
        self.session = secrets.token_hex(16)
        self.name = hello.name
        self.public_key = _public_key(hello.public_key)
        self.fingerprint = fingerprint_of(self.public_key)
        self._hello = hello
        self._secret = secret
        self._authority = authority
        self._home = home
        self._nonce = nonce()
        self._transcript: Transcript | None = None
        self._promised: bytes = b""
        self._opening: bytes = b""
        self._index = 0

    @property
    def words(self) -> tuple[str, ...]:
        """What both screens show; empty before the secret was proven."""
        return self._transcript.words if self._transcript and self.state not in {"greeted", "proving"} else ()

    def greeting(self, *, authority: str, certificate: str, name: str, clock: float) -> HomeHello:
        """The answer to the hello."""
        return HomeHello(
            session=self.session,
            authority=authority,
            certificate=certificate,
            name=name,
            nonce=self._nonce.hex(),
            clock=clock,
        )

    def heard(self, said: GuestRound) -> HomeRound:
        """The answer to a round; after the last one the newcomer has proven the secret and its key."""
        if self.state not in {"greeted", "proving"} or said.index != self._index:
            raise self._failed("out_of_order")
        opening = bytes.fromhex(said.opening)
        opened = self._opened_letter(opening) if said.index else None
        if said.index == 0:
            self._open_nonce(opening)
        is_last = said.index == len(self._secret)
        if is_last:
            self._check_signature(said)
            self._to("last")
            return HomeRound(index=said.index, opening=opened)
        if said.commitment is None:
            raise self._failed("out_of_order")
        self._to("round")
        self._promised = bytes.fromhex(said.commitment)
        self._opening = nonce()
        promise = commitment(self._opening, self._digest, "home", said.index, self._secret[said.index])
        self._index += 1
        return HomeRound(index=said.index, opening=opened, commitment=promise.hex())

    def approve(self) -> None:
        """The owner compared the words and said yes."""
        self._to("approve")

    def refuse(self) -> None:
        """The owner said no."""
        self._to("refuse")

    @property
    def _digest(self) -> bytes:
        assert self._transcript is not None  # noqa: S101 - made in the first round
        return self._transcript.digest

    def _open_nonce(self, guest_nonce: bytes) -> None:
        if not same(commitment_to_nonce(guest_nonce), bytes.fromhex(self._hello.commitment)):
            raise self._failed("out_of_order")
        self._transcript = Transcript(
            kind=self._hello.kind,
            session=self.session,
            authority=self._authority,
            home=self._home,
            guest=self.fingerprint,
            home_nonce=self._nonce,
            guest_nonce=guest_nonce,
        )

    def _opened_letter(self, opening: bytes) -> str:
        index = self._index - 1
        if not same(commitment(opening, self._digest, "guest", index, self._secret[index]), self._promised):
            raise self._failed("wrong_code")
        return self._opening.hex()

    def _check_signature(self, said: GuestRound) -> None:
        assert self._transcript is not None  # noqa: S101 - made in the first round
        try:
            signature = bytes.fromhex(said.signature or "")
            self.public_key.verify(signature, self._transcript.signed_by_guest, ec.ECDSA(hashes.SHA256()))
        except (ValueError, InvalidSignature) as problem:
            raise self._failed("wrong_certificate") from problem

    def _failed(self, code: str) -> JoinRefusedError:
        if (self.state, "wrong") in TRANSITIONS:
            self._to("wrong")
        return JoinRefusedError(code)

    def _to(self, event: str) -> None:
        if (self.state, event) not in TRANSITIONS:
            raise JoinRefusedError("out_of_order")
        self.state = TRANSITIONS[(self.state, event)]


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(bytes.fromhex(text))
    except ValueError as problem:
        raise JoinRefusedError("out_of_order") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise JoinRefusedError("wrong_certificate")
    return key

"""Owns what both sides of a join have to have seen alike: one digest over it, and what is derived from that.

Only SHA-256, HMAC and HKDF of the `cryptography` package are used. Source of the construction: Bluetooth Core 5.4,
volume 3 part H, 2.3.5.6.3 (passkey entry) and 2.3.5.6.2 (numeric comparison), with letters of five bits in place of
single bits.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mesh.join.secret import SecretKind
from mesh.join.words import WORDS

VERSION: Final = 1
NONCE_BYTES: Final = 32
SHOWN_WORDS: Final = 4
Side = Literal["guest", "home"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All that both sides must agree on. Whoever stands between them has to change at least one part of it."""

    kind: SecretKind
    session: str
    authority: str
    """SHA-256 of the mesh authority's public key, in hex."""
    home: str
    """SHA-256 of the home node's public key, as it was shown in TLS."""
    guest: str
    """SHA-256 of the new node's public key."""
    home_nonce: bytes
    guest_nonce: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 over every part with its length before it."""
        digest = hashes.Hash(hashes.SHA256())
        parts = (f"hearth-join-{VERSION}", self.kind, self.session, self.authority, self.home, self.guest)
        for part in (*(text.encode() for text in parts), self.home_nonce, self.guest_nonce):
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.finalize()

    @property
    def words(self) -> tuple[str, ...]:
        """Four words (32 bits) that both screens show."""
        derived = HKDF(algorithm=hashes.SHA256(), length=SHOWN_WORDS, salt=None, info=b"words").derive(self.digest)
        return tuple(WORDS[byte] for byte in derived)

    @property
    def signed_by_guest(self) -> bytes:
        """What the new node signs to prove that it holds its key."""
        return b"hearth-join-guest\x00" + self.digest


def nonce() -> bytes:
    """Thirty-two random bytes: a nonce, or what opens a commitment."""
    return secrets.token_bytes(NONCE_BYTES)


def commitment_to_nonce(guest_nonce: bytes) -> bytes:
    """What the new node tells of its nonce before it knows the other one."""
    return _keyed(guest_nonce, b"hearth-join-nonce")


def commitment(opening: bytes, transcript: bytes, side: Side, index: int, letter: str) -> bytes:
    """A promise of one letter: hidden until the opening is told, and bound to side, place and transcript."""
    return _keyed(opening, b"\x00".join((transcript, side.encode(), str(index).encode(), letter.encode())))


def same(one: bytes, other: bytes) -> bool:
    """Whether two byte strings are equal, in a time that tells nothing of where they differ."""
    return constant_time.bytes_eq(one, other)


def _keyed(key: bytes, message: bytes) -> bytes:
    if len(key) != NONCE_BYTES:
        message = b"unfit" + message  # an opening of another length opens nothing that was ever promised
    mac = HMAC(key or b"\x00", hashes.SHA256())
    mac.update(message)
    return mac.finalize()

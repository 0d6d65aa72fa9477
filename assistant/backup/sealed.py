"""The sealed form of a backup: a passphrase's key over chunks, so that it streams and no change goes unseen.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over ChaCha20-Poly1305 (RFC 8439), which needs no
AES in the processor: 64 KiB a chunk, the nonce counts the chunks and says which is the last, so that chunks can be
neither swapped, repeated nor left out, and a file that was cut short is told from a whole one. The key comes from the
passphrase by scrypt (RFC 7914). The header is bound into every chunk, and a check of its own tells a wrong passphrase
from a damaged file.
"""

import hashlib
import hmac
import math
import secrets
import struct
import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from assistant.backup.errors import (
    BackupCutShortError,
    BackupDamagedError,
    NotABackupError,
    WeakPassphraseError,
    WrongPassphraseError,
)

MAGIC: Final = b"hearth backup 1\n"
CHUNK_BYTES: Final = 64 * 1024
SHORTEST_PASSPHRASE: Final = 12
_TAG_BYTES: Final = 16
_SALT_BYTES: Final = 16
_CHECK_BYTES: Final = 16
_COST: Final = struct.Struct(">B")
HEADER_BYTES: Final = len(MAGIC) + _COST.size + _SALT_BYTES + _CHECK_BYTES
_STRONGEST: Final = 20
"""2 to the 20th times 1 KiB is a gigabyte: a header that asks for more is no backup of ours but an attack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    chunks: bytes
    check: bytes


def fit_passphrase(passphrase: str) -> str:
    """The passphrase in its one spelling; raises `WeakPassphraseError`."""
    spelled = unicodedata.normalize("NFKC", passphrase)
    if len(spelled) < SHORTEST_PASSPHRASE or len(set(spelled)) < 4:
        raise WeakPassphraseError(SHORTEST_PASSPHRASE)
    return spelled


def sealed_bytes(size_bytes: int) -> int:
    """How many bytes so many become."""
    return HEADER_BYTES + size_bytes + max(1, math.ceil(size_bytes / CHUNK_BYTES)) * _TAG_BYTES


class Sealing:
    """Seals bytes as they come. `strength` is scrypt's cost as a power of two: 17 takes 128 MiB and 0.3 s."""

    def __init__(self, passphrase: str, *, strength: int = 17) -> None:
        self._salt = secrets.token_bytes(_SALT_BYTES)
        beginning = MAGIC + _COST.pack(strength) + self._salt
        keys = _keys(passphrase, self._salt, strength)
        self.header = beginning + _check(keys, beginning)
        self._chunks = _Chunks(keys, self.header)
        self._waiting = bytearray()

    def seal(self, piece: bytes) -> bytes:
        """What can be written now; at least one byte is always kept back, as the last chunk is marked."""
        self._waiting += piece
        done = bytearray()
        while len(self._waiting) > CHUNK_BYTES:
            done += self._chunks.sealed(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return bytes(done)

    def end(self) -> bytes:
        """The last chunk; nothing can be sealed afterwards."""
        return self._chunks.sealed(bytes(self._waiting), last=True)


class Unsealing:
    """Opens what `Sealing` sealed, piece by piece as it arrives, and gives out no byte that was not checked."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = unicodedata.normalize("NFKC", passphrase)
        self._waiting = bytearray()
        self._chunks: _Chunks | None = None
        self._taken_bytes = 0

    def open(self, piece: bytes) -> bytes:
        """The next checked bytes. Raises NotABackupError, WrongPassphraseError or BackupDamagedError."""
        self._waiting += piece
        if self._chunks is None:
            if len(self._waiting) < HEADER_BYTES:
                return b""
            self._begin()
        done = bytearray()
        while len(self._waiting) > CHUNK_BYTES + _TAG_BYTES:
            done += self._opened(CHUNK_BYTES + _TAG_BYTES, last=False)
        return bytes(done)

    def end(self) -> bytes:
        """The last bytes. Raises BackupCutShortError, or what `open` raises."""
        if self._chunks is None:
            if MAGIC.startswith(bytes(self._waiting[: len(MAGIC)])) and self._waiting:
                raise BackupCutShortError
            raise NotABackupError
        if len(self._waiting) < _TAG_BYTES:
            raise BackupCutShortError
        try:
            return self._opened(len(self._waiting), last=True)
        except BackupDamagedError as error:
            # A file that breaks off ends in the midst of a chunk, or after one that is whole and not the last.
            raise BackupCutShortError from error

    def _begin(self) -> None:
        header = bytes(self._waiting[:HEADER_BYTES])
        (strength,) = _COST.unpack_from(header, len(MAGIC))
        if not header.startswith(MAGIC) or not 10 <= strength <= _STRONGEST:
            raise NotABackupError
        salt = header[len(MAGIC) + _COST.size :][:_SALT_BYTES]
        keys = _keys(self._passphrase, salt, strength)
        if not hmac.compare_digest(_check(keys, header[:-_CHECK_BYTES]), header[-_CHECK_BYTES:]):
            raise WrongPassphraseError
        self._chunks = _Chunks(keys, header)
        self._take(HEADER_BYTES)

    def _opened(self, size_bytes: int, *, last: bool) -> bytes:
        if self._chunks is None:
            raise NotABackupError
        try:
            opened = self._chunks.opened(bytes(self._waiting[:size_bytes]), last=last)
        except InvalidTag as error:
            raise BackupDamagedError(self._taken_bytes) from error
        self._take(size_bytes)
        return opened

    def _take(self, size_bytes: int) -> None:
        del self._waiting[:size_bytes]
        self._taken_bytes += size_bytes


class _Chunks:
    """Counts the chunks of one backup."""

    def __init__(self, keys: _Keys, header: bytes) -> None:
        self._cipher = ChaCha20Poly1305(keys.chunks)
        self._header = header
        self._number = 0

    def sealed(self, chunk: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last), chunk, self._header)

    def opened(self, chunk: bytes, *, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(last), chunk, self._header)

    def _nonce(self, last: bool) -> bytes:
        number = self._number
        self._number += 1
        return number.to_bytes(11, "big") + bytes([last])


def _keys(passphrase: str, salt: bytes, strength: int) -> _Keys:
    # `hashlib` is OpenSSL's scrypt, as that of `cryptography` is; this one lets the memory be named.
    made = hashlib.scrypt(
        passphrase.encode("utf-8", "surrogatepass"), salt=salt, n=2**strength, r=8, p=1, maxmem=2**31 - 1, dklen=64
    )
    return _Keys(chunks=made[:32], check=made[32:])


def _check(keys: _Keys, beginning: bytes) -> bytes:
    return hmac.digest(keys.check, beginning, "sha256")[:_CHECK_BYTES]

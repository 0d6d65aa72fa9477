"""Office files locked with a password: the agile encryption of [MS-OFFCRYPTO] 2.3.4.10, as since Office 2010."""

import hashlib
import hmac
import struct
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError
from assistant.parser.xml import Element, descendants, parsed

_AGILE: Final = (4, 4)
_BLOCK: Final = 16
_SEGMENT: Final = 4096
_HASHES: Final = {"SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_MOST_SPINS: Final = 10_000_000
_VERIFIER: Final = bytes.fromhex("fea7d2763b4b9e79")
_VERIFIER_HASH: Final = bytes.fromhex("d7aa0f6d3061344e")
_KEY: Final = bytes.fromhex("146e0be7abacd0d6")
_PAD: Final = b"\x36"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    """What the file says of one of its two locks: that of the password, that of the document."""

    salt: bytes
    block_bytes: int
    key_bytes: int
    hash_name: str
    fields: Mapping[str, str]


def opened_package(info: bytes, package: bytes, desk: Desk) -> bytes:
    """The document in these two streams. Raises FileFailureError: locked, where no password fits, or broken."""
    if len(info) < 8 or struct.unpack_from("<HH", info) != _AGILE:
        raise FileFailureError("locked", NO_KEY)
    root = parsed(info[8:], desk)
    try:
        document = _lock(next(descendants(root, "keyData")))
        password = _lock(next(descendants(root, "encryptedKey")))
        if desk.password is None:
            raise desk.locked()
        key = _document_key(password, desk)
        size = min(struct.unpack_from("<Q", package)[0], len(package))
        desk.unpack(size)
        plain = bytearray()
        for number, start in enumerate(range(8, len(package), _SEGMENT)):
            segment = package[start : start + _SEGMENT]
            whole = segment[: len(segment) // document.block_bytes * document.block_bytes]
            plain += _decrypted(whole, key, _vector(document, struct.pack("<I", number)))
    except (StopIteration, KeyError, ValueError, struct.error) as error:
        raise FileFailureError("broken") from error
    desk.opened()
    return bytes(plain[:size])


def _document_key(lock: _Lock, desk: Desk) -> bytes:
    """The key that the password opens. Raises FileFailureError where it is a wrong one."""
    spins = int(lock.fields["spinCount"])
    if not 0 <= spins <= _MOST_SPINS:
        raise FileFailureError("broken")
    digest = hashlib.new(lock.hash_name, lock.salt + (desk.password or "").encode("utf-16-le")).digest()
    for turn in range(spins):
        digest = hashlib.new(lock.hash_name, struct.pack("<I", turn) + digest).digest()
    typed = _opened(lock, digest, _VERIFIER, "encryptedVerifierHashInput")
    expected = _opened(lock, digest, _VERIFIER_HASH, "encryptedVerifierHashValue")
    found = hashlib.new(lock.hash_name, typed[: len(lock.salt)]).digest()
    if not hmac.compare_digest(found, expected[: len(found)]):
        raise desk.locked()
    return _opened(lock, digest, _KEY, "encryptedKeyValue")[: lock.key_bytes]


def _opened(lock: _Lock, digest: bytes, purpose: bytes, name: str) -> bytes:
    key = hashlib.new(lock.hash_name, digest + purpose).digest()
    sized = key[: lock.key_bytes].ljust(lock.key_bytes, _PAD)
    return _decrypted(b64decode(lock.fields[name]), sized, lock.salt[: lock.block_bytes].ljust(lock.block_bytes, _PAD))


def _vector(lock: _Lock, purpose: bytes) -> bytes:
    return hashlib.new(lock.hash_name, lock.salt + purpose).digest()[: lock.block_bytes].ljust(lock.block_bytes, _PAD)


def _decrypted(content: bytes, key: bytes, vector: bytes) -> bytes:
    opening = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return opening.update(content) + opening.finalize()


def _lock(element: Element) -> _Lock:
    fields = {str(name): str(value) for name, value in element.attrib.items()}
    if int(fields["blockSize"]) != _BLOCK:
        raise FileFailureError("broken")
    if fields["cipherAlgorithm"] != "AES" or fields["cipherChaining"] != "ChainingModeCBC":
        raise FileFailureError("locked", NO_KEY)
    return _Lock(
        salt=b64decode(fields["saltValue"]),
        block_bytes=int(fields["blockSize"]),
        key_bytes=int(fields["keyBits"]) // 8,
        hash_name=_HASHES[fields["hashAlgorithm"]],
        fields=fields,
    )

"""OpenDocument files locked with a password, as their version 1.2 says (part 3, 4.8): PBKDF2 and AES, part by part."""

import hashlib
import io
import zipfile
import zlib
from base64 import b64decode
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError
from assistant.parser.package import Package
from assistant.parser.xml import Element, attribute, descendants

_MANIFEST: Final = "META-INF/manifest.xml"
_NOTHING_SEALED: Final = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_CHECKED_BYTES: Final = 1024
_MOST_SPINS: Final = 10_000_000
_BLOCK: Final = 16


def opened_document(content: bytes, desk: Desk) -> bytes:
    """The same file without its lock, or as it is where it has none.

    Raises FileFailureError: locked, where no password fits, or broken.
    """
    package = Package(content, desk)
    manifest = package.xml(_MANIFEST)
    sealed = [] if manifest is None else [one for one in descendants(manifest, "file-entry") if _seal(one) is not None]
    if not sealed:
        return content
    if desk.password is None:
        raise desk.locked()
    locks = {attribute(entry, "full-path"): entry for entry in sealed}
    if "encrypted-package" in locks:
        raise FileFailureError("locked", NO_KEY)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in package.names:
            part = package.part(name)
            if part is not None and name != _MANIFEST:
                archive.writestr(name, part if name not in locks else _opened(part, locks[name], desk))
        archive.writestr(_MANIFEST, _NOTHING_SEALED)
    desk.opened()
    return out.getvalue()


def _opened(part: bytes, entry: Element, desk: Desk) -> bytes:
    seal = _seal(entry)
    if seal is None:
        return part
    try:
        cipher, derived, start = (
            next(descendants(seal, name)) for name in ("algorithm", "key-derivation", "start-key-generation")
        )
        if not attribute(cipher, "algorithm-name").endswith("aes256-cbc"):
            raise FileFailureError("locked", NO_KEY)
        hashed = "sha256" if attribute(start, "start-key-generation-name").lower().endswith("sha256") else "sha1"
        spins = int(attribute(derived, "iteration-count"))
        if attribute(derived, "key-derivation-name").rpartition("#")[2].lower() != "pbkdf2" or not spins <= _MOST_SPINS:
            raise FileFailureError("locked", NO_KEY)
        first = hashlib.new(hashed, (desk.password or "").encode()).digest()
        key = hashlib.pbkdf2_hmac("sha1", first, b64decode(attribute(derived, "salt")), spins, 32)
        opening = Cipher(
            algorithms.AES(key), modes.CBC(b64decode(attribute(cipher, "initialisation-vector")))
        ).decryptor()
        plain = opening.update(part[: len(part) // _BLOCK * _BLOCK]) + opening.finalize()
    except (StopIteration, RuntimeError, ValueError) as error:
        raise FileFailureError("broken") from error
    if not _is_right(plain, seal):
        raise desk.locked()
    size = int(attribute(entry, "size") or 0)
    desk.unpack(size)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(plain, max(size, 1))
    except zlib.error as error:
        raise desk.locked() from error


def _seal(entry: Element) -> Element | None:
    return next(descendants(entry, "encryption-data"), None)


def _is_right(plain: bytes, seal: Element) -> bool:
    """Whether the first bytes have the digest that the file says; the padding behind them does not count."""
    expected = attribute(seal, "checksum")
    hashed = "sha256" if "sha256" in attribute(seal, "checksum-type").lower() else "sha1"
    head = plain[:_CHECKED_BYTES]
    ends = {len(head), len(head) - (plain[-1] if plain and len(plain) <= _CHECKED_BYTES else 0)}
    return any(hashlib.new(hashed, head[: max(end, 0)]).digest() == b64decode(expected) for end in ends)

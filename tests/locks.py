"""Locks files with a password for tests, as other programs do: PDF, newer Office files, OpenDocument, ZIP."""

import hashlib
import io
import os
import struct
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests import ole, pdf

PASSWORD: Final = "geheim"
ZIP_WORDS: Final = "plain words of zipcrypto"
OLD_ZIP: Final = b64decode(
    "UEsDBBQACQAIAOJYdl0MmN/DKgAAAOEAAAAFABwAbi50eHRVVAkAA9fMAmvKzAJrdXgLAAEEAAAAAAQAAAAA9BBsUlF507DtWMhv"
    "DyJfJspjrYzVPljVhAxJCDOFzKsFMkcHDFlju+bxUEsHCAyY38MqAAAA4QAAAFBLAQIeAxQACQAIAOJYdl0MmN/DKgAAAOEAAAAF"
    "ABgAAAAAAAEAAACkgQAAAABuLnR4dFVUBQAD18wCa3V4CwABBAAAAAAEAAAAAFBLBQYAAAAAAQABAEsAAAB5AAAAAAA="
)
"""Made by Info-ZIP's `zip -P`; it holds `n.txt`."""
AES_ZIP: Final = b64decode(
    "UEsDBBQAAQBjADlZdl0AAAAAOgAAAOEAAAAFAAsAbi50eHQBmQcAAgBBRQMIAB2iyyiBvFrnmdtmLku26fs6u0yirT7bGWFrGEUI"
    "xXtJScMVd0Zd2+aDbauzxKlK4pUNX/Qq+GLhkDJQSwECFAMUAAEAYwA5WXZdAAAAADoAAADhAAAABQALAAAAAAAAAAAAgAEAAAAA"
    "bi50eHQBmQcAAgBBRQMIAFBLBQYAAAAAAQABAD4AAABoAAAAAAA="
)
"""Made by pyzipper as WinZip does."""
_PADDING: Final = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_SPINS: Final = 50


def locked_pdf(pages: Sequence[str], password: str = PASSWORD) -> bytes:
    """A PDF encrypted by the first way that the format had (ISO 32000-1, 7.6: V 1, R 2)."""
    identifier = b"\x11" * 16
    padded = (password.encode("latin-1") + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324 - the format's own
    permissions = struct.pack("<i", -44)
    key = hashlib.md5(padded + owner + permissions + identifier).digest()[:5]  # noqa: S324 - the format's own
    user = _rc4(key, _PADDING)

    def sealed(number: int, content: bytes) -> bytes:
        own = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]  # noqa: S324 - the format's own
        return _rc4(own, content)

    return pdf.encrypted(
        pages, f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{user.hex()}> /P -44 >>", identifier, sealed
    )


def locked_office(document: bytes, password: str = PASSWORD) -> bytes:
    """An Office file locked by agile encryption ([MS-OFFCRYPTO] 2.3.4.10)."""
    salt, key, verifier = os.urandom(16), os.urandom(32), os.urandom(16)
    digest = hashlib.sha512(salt + password.encode("utf-16-le")).digest()
    for turn in range(_SPINS):
        digest = hashlib.sha512(struct.pack("<I", turn) + digest).digest()

    def sealed(purpose: str, content: bytes) -> str:
        own = hashlib.sha512(digest + bytes.fromhex(purpose)).digest()[:32]
        return b64encode(_aes(own, salt, content)).decode()

    common = (
        'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
        f'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="{b64encode(salt).decode()}"'
    )
    info = (
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" '
        'xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<keyData {common}/><keyEncryptors><keyEncryptor><p:encryptedKey spinCount="{_SPINS}" {common} '
        f'encryptedVerifierHashInput="{sealed("fea7d2763b4b9e79", verifier)}" '
        f'encryptedVerifierHashValue="{sealed("d7aa0f6d3061344e", hashlib.sha512(verifier).digest())}" '
        f'encryptedKeyValue="{sealed("146e0be7abacd0d6", key)}"/></keyEncryptor></keyEncryptors></encryption>'
    )
    package = struct.pack("<Q", len(document))
    for number, start in enumerate(range(0, len(document), 4096)):
        vector = hashlib.sha512(salt + struct.pack("<I", number)).digest()[:16]
        package += _aes(key, vector, document[start : start + 4096])
    header = struct.pack("<HHI", 4, 4, 0x40)
    return ole.written({"EncryptionInfo": header + info.encode(), "EncryptedPackage": package})


def locked_opendocument(document: bytes, password: str = PASSWORD) -> bytes:
    """An OpenDocument file whose content is locked, as LibreOffice 4 to 24 does it."""
    salt, vector = os.urandom(16), os.urandom(16)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as plain, zipfile.ZipFile(out, "w") as archive:
        for name in plain.namelist():
            if name not in {"content.xml", "META-INF/manifest.xml"}:
                archive.writestr(name, plain.read(name))
        content = plain.read("content.xml")
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        start = hashlib.sha256(password.encode()).digest()
        key = hashlib.pbkdf2_hmac("sha1", start, salt, _SPINS, 32)
        missing = 16 - len(packed) % 16
        archive.writestr("content.xml", _aes(key, vector, packed + bytes(missing - 1) + bytes([missing])))
        checksum = b64encode(hashlib.sha256(packed[:1024]).digest()).decode()
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<m:file-entry m:full-path="content.xml" m:size="{len(content)}">'
            '<m:encryption-data m:checksum-type="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0#sha256-1k" '
            f'm:checksum="{checksum}">'
            '<m:algorithm m:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" '
            f'm:initialisation-vector="{b64encode(vector).decode()}"/>'
            f'<m:key-derivation m:key-derivation-name="PBKDF2" m:key-size="32" m:iteration-count="{_SPINS}" '
            f'm:salt="{b64encode(salt).decode()}"/>'
            '<m:start-key-generation m:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256" '
            'm:key-size="32"/></m:encryption-data></m:file-entry></m:manifest>',
        )
    return out.getvalue()


def _aes(key: bytes, vector: bytes, content: bytes) -> bytes:
    sealing = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return sealing.update(content.ljust(-(-len(content) // 16) * 16, b"\0")) + sealing.finalize()


def _rc4(key: bytes, content: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in content:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)

"""Members of a ZIP file that are locked with a password: the old way of PKZIP, and AES as WinZip and 7-Zip write it."""

import hashlib
import hmac
import struct
import zipfile
import zlib
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError

LOCKED_FLAG: Final = 0x1
_AES_METHOD: Final = 99
_AES_FIELD: Final = 0x9901
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
_SPINS: Final = 1000
_TAG_BYTES: Final = 10
_CHECK_BYTES: Final = 2
_BLOCK: Final = 16
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)


def opened_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, desk: Desk) -> bytes:
    """A locked member's bytes. Raises FileFailureError: locked, where no password fits, or broken."""
    if desk.password is None:
        raise desk.locked()
    desk.unpack(entry.file_size)
    if entry.compress_type == _AES_METHOD:
        content = _by_aes(archive, entry, desk)
    else:
        content = _by_old_cipher(archive, entry, desk)
    desk.opened()
    return content


def _by_old_cipher(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, desk: Desk) -> bytes:
    for encoding in ("utf-8", "cp437"):  # which characters a password's bytes are, no ZIP file says
        try:
            with archive.open(entry, pwd=(desk.password or "").encode(encoding, "replace")) as member:
                return member.read(entry.file_size)
        except _BROKEN:  # one wrong password of 256 is only seen by what comes out of it
            continue
    raise desk.locked()


def _by_aes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, desk: Desk) -> bytes:
    """AE-1 and AE-2 of WinZip: PBKDF2 and AES in counter mode, with an HMAC of what is encrypted."""
    strength, method = _aes_field(entry.extra)
    key_bytes = 8 + 8 * strength
    salt_bytes = key_bytes // 2
    packed = _packed(archive, entry)
    salt, check = packed[:salt_bytes], packed[salt_bytes : salt_bytes + _CHECK_BYTES]
    sealed, tag = packed[salt_bytes + _CHECK_BYTES : -_TAG_BYTES], packed[-_TAG_BYTES:]
    keys = hashlib.pbkdf2_hmac("sha1", (desk.password or "").encode(), salt, _SPINS, 2 * key_bytes + _CHECK_BYTES)
    if not hmac.compare_digest(keys[-_CHECK_BYTES:], check):
        raise desk.locked()
    if not hmac.compare_digest(hmac.digest(keys[key_bytes : 2 * key_bytes], sealed, "sha1")[:_TAG_BYTES], tag):
        raise desk.locked()
    plain = _counted(sealed, keys[:key_bytes])
    try:
        match method:
            case zipfile.ZIP_STORED:
                return plain
            case zipfile.ZIP_DEFLATED:
                return zlib.decompressobj(-zlib.MAX_WBITS).decompress(plain, max(entry.file_size, 1))
    except zlib.error as error:
        raise FileFailureError("broken") from error
    raise FileFailureError("locked", NO_KEY)


def _counted(sealed: bytes, key: bytes) -> bytes:
    """AES in counter mode; WinZip counts from 1 and puts the lowest byte first, which is why it is done by hand."""
    blocks = -(-len(sealed) // _BLOCK)
    counters = b"".join(number.to_bytes(_BLOCK, "little") for number in range(1, blocks + 1))
    stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counters)[: len(sealed)]  # noqa: S305 - see above
    length = len(sealed)
    return (int.from_bytes(sealed, "big") ^ int.from_bytes(stream, "big")).to_bytes(length, "big")


def _packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The member's bytes as they lie in the file."""
    file = archive.fp
    if file is None:
        raise FileFailureError("broken")
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise FileFailureError("broken")
    name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    file.seek(entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes)
    return file.read(entry.compress_size)


def _aes_field(extra: bytes) -> tuple[int, int]:
    """The strength (1 to 3) and the method of compression behind the encryption. Raises FileFailureError."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _AES_FIELD and length >= 7 and at + 11 <= len(extra):
            strength, method = struct.unpack_from("<BH", extra, at + 8)
            if strength in {1, 2, 3}:
                return strength, method
        at += 4 + length
    raise FileFailureError("broken")

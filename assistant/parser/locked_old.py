"""Files of Office 97 to 2007 locked with a password: RC4, with 40 bits or by CryptoAPI ([MS-OFFCRYPTO] 2.3.5, 2.3.6).

What the three programs lock with it differs: how a stream is cut into blocks, and what in it stays plain.
"""

import hashlib
import hmac
import io
import struct
from dataclasses import dataclass
from typing import Final

import olefile
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

from assistant.parser.desk import Desk
from assistant.parser.failure import NO_KEY, FileFailureError

_OF_1997: Final = (1, 1)
_CRYPTO_API: Final = frozenset({2, 3, 4}), 2
_RC4: Final = 0x6801
_SALT_BYTES: Final = 16
_SHORT_BYTES: Final = 5
_LONG_BYTES: Final = 16
_REPEATED: Final = 16
_SHORT_BITS: Final = 40

_WORD_BLOCK: Final = 512
_WORD_PLAIN: Final = 0x44
"""So much of a Word document's main stream stays plain."""
_INFO_SIZE_AT: Final = 0x0E
_FLAGS_AT: Final = 0x0A
_HIDDEN: Final = 0x8000
"""Not encrypted, but obfuscated by XOR."""

_EXCEL_BLOCK: Final = 1024
_FILE_PASS, _SHEET, _IGNORED = 0x2F, 0x85, 0xE2
_EXCEL_PLAIN: Final = frozenset({0x0809, _FILE_PASS, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138})
_EXCEL_KNOWN: Final = "VelvetSweatshop"
"""Excel's own password for books of which only the cells are protected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Opens the blocks of a stream, each with a key of its own."""

    stem: bytes
    hash_name: str
    key_bytes: int

    def opened(self, content: bytes, block: int) -> bytes:
        """The bytes that are encrypted as this block, from its beginning."""
        own = hashlib.new(self.hash_name, self.stem + struct.pack("<I", block)).digest()[: self.key_bytes]
        opening = Cipher(ARC4(own if self.key_bytes > _SHORT_BYTES else own.ljust(_LONG_BYTES, b"\0")), None)
        return opening.decryptor().update(content)

    def opened_stream(self, stream: bytes, block_bytes: int) -> bytes:
        """A stream in blocks of this size, counted from 0."""
        starts = range(0, len(stream), block_bytes)
        return b"".join(self.opened(stream[at : at + block_bytes], number) for number, at in enumerate(starts))


def opened_word(main: bytes, table: bytes, desk: Desk) -> tuple[bytes, bytes]:
    """The two streams of a locked Word document in plain. Raises FileFailureError: locked or broken."""
    flags, size = struct.unpack_from("<H", main, _FLAGS_AT)[0], struct.unpack_from("<I", main, _INFO_SIZE_AT)[0]
    if flags & _HIDDEN:
        raise FileFailureError("locked", NO_KEY)
    key = key_for(table[:size], desk)
    plain = main[:_WORD_PLAIN] + key.opened_stream(main, _WORD_BLOCK)[_WORD_PLAIN:]
    return plain, key.opened_stream(table, _WORD_BLOCK)


def opened_workbook(content: bytes, desk: Desk) -> bytes:
    """An Excel file in plain; as it is where it is not locked. Raises FileFailureError: locked or broken."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            name = next((one for one in ("Workbook", "Book") if file.exists(one)), None)
            stream = file.openstream(name).read() if name else b""
        info = next((stream[at:end] for kind, at, end in _records(stream) if kind == _FILE_PASS), None)
        if info is None:
            return content
        if info[:2] != b"\1\0":
            raise FileFailureError("locked", NO_KEY)
        desk.unpack(len(content))
        plain = _plain_workbook(stream, key_for(info[2:], desk, known=_EXCEL_KNOWN))
        copy = io.BytesIO(content)
        with olefile.OleFileIO(copy, write_mode=True) as file:
            file.write_stream(name, plain)
            return copy.getvalue()
    except (OSError, ValueError, IndexError, TypeError, RecursionError, AttributeError, AssertionError) as error:
        raise FileFailureError("broken") from error


def _records(stream: bytes) -> list[tuple[int, int, int]]:
    """What kind each record of a workbook is, and where its body lies."""
    found: list[tuple[int, int, int]] = []
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        found.append((kind, at + 4, min(at + 4 + length, len(stream))))
        at += 4 + length
    return found


def _plain_workbook(stream: bytes, key: Key) -> bytes:
    plain = bytearray(key.opened_stream(stream, _EXCEL_BLOCK))
    for kind, start, end in _records(stream):
        plain[start - 4 : start] = stream[start - 4 : start]
        if kind in _EXCEL_PLAIN:
            plain[start:end] = stream[start:end]
        elif kind == _SHEET:
            plain[start : start + 4] = stream[start : start + 4]
        if kind == _FILE_PASS:
            struct.pack_into("<H", plain, start - 4, _IGNORED)
    return bytes(plain)


def key_for(info: bytes, desk: Desk, known: str | None = None) -> Key:
    """The key that the desk's password, or the one known to all, opens. Raises FileFailureError: locked or broken."""
    for password in (known, desk.password):
        if password is None:
            continue
        try:
            key = _key(info, password)
        except (struct.error, ValueError) as error:
            raise FileFailureError("broken") from error
        if key is not None:
            if password == desk.password:
                desk.opened()
            return key
    if not _is_known_way(info):
        raise FileFailureError("locked", NO_KEY)
    raise desk.locked()


def _is_known_way(info: bytes) -> bool:
    if len(info) < 4:
        return False
    version = struct.unpack_from("<HH", info)
    majors, minor = _CRYPTO_API
    return version == _OF_1997 or (version[0] in majors and version[1] == minor)


def _key(info: bytes, password: str) -> Key | None:
    """The key, where the password is the right one and the way is a known one."""
    if not _is_known_way(info):
        return None
    if struct.unpack_from("<HH", info) == _OF_1997:
        salt, verifier, verified = struct.unpack_from("<16s16s16s", info, 4)
        short = hashlib.md5(password.encode("utf-16-le"), usedforsecurity=False).digest()[:_SHORT_BYTES]
        stem = hashlib.md5((short + salt) * _REPEATED, usedforsecurity=False).digest()[:_SHORT_BYTES]
        key = Key(stem=stem, hash_name="md5", key_bytes=_LONG_BYTES)
    else:
        (header_bytes,) = struct.unpack_from("<I", info, 8)
        algorithm, bits = struct.unpack_from("<8xI4xI", info, 12)
        if algorithm != _RC4:
            raise FileFailureError("locked", NO_KEY)
        at = 12 + header_bytes
        salt, verifier, verified = struct.unpack_from("<4x16s16s4x20s", info, at)
        stem = hashlib.sha1(salt + password.encode("utf-16-le"), usedforsecurity=False).digest()
        key = Key(stem=stem, hash_name="sha1", key_bytes=(bits or _SHORT_BITS) // 8)
    both = key.opened(verifier + verified, 0)
    found = hashlib.new(key.hash_name, both[:_SALT_BYTES]).digest()
    return key if hmac.compare_digest(found, both[_SALT_BYTES:]) else None

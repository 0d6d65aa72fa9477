"""Locks files of the older Office programs with a password for tests, as those do ([MS-OFFCRYPTO] 2.3.5 and 2.3.6)."""

import hashlib
import io
import struct
from collections.abc import Callable
from typing import Final, TypeAlias

import olefile
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

from tests import ole
from tests.locks import PASSWORD

Seal: TypeAlias = Callable[[bytes, int], bytes]
"""Encrypts bytes as the block of this number."""
_SALT, _VERIFIER = bytes(range(16)), bytes(range(100, 116))
_MAIN, _TABLE = "WordDocument", "1Table"
_BOF, _BOOK_SHEET = 0x0809, 0x85


def of_1997(password: str) -> tuple[bytes, Seal]:
    """What stands in the file, and the cipher: a key of 40 bits, as Office 97 to 2000 do."""
    short = hashlib.md5(password.encode("utf-16-le")).digest()[:5]  # noqa: S324 - the format's own
    stem = hashlib.md5((short + _SALT) * 16).digest()[:5]  # noqa: S324 - the format's own

    def seal(content: bytes, block: int) -> bytes:
        return _rc4(hashlib.md5(stem + struct.pack("<I", block)).digest(), content)  # noqa: S324 - the format's own

    verified = hashlib.md5(_VERIFIER).digest()  # noqa: S324 - the format's own
    return struct.pack("<HH", 1, 1) + _SALT + seal(_VERIFIER + verified, 0), seal


def by_crypto_api(bits: int) -> Callable[[str], tuple[bytes, Seal]]:
    """The same with a key of so many bits, as Office XP to 2007 do."""

    def lock(password: str) -> tuple[bytes, Seal]:
        stem = hashlib.sha1(_SALT + password.encode("utf-16-le")).digest()  # noqa: S324 - the format's own

        def seal(content: bytes, block: int) -> bytes:
            own = hashlib.sha1(stem + struct.pack("<I", block)).digest()  # noqa: S324 - the format's own
            return _rc4(own[:5] + bytes(11) if bits == 40 else own[: bits // 8], content)

        provider = "Microsoft Enhanced Cryptographic Provider v1.0\0".encode("utf-16-le")
        header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, bits, 1, 0, 0) + provider
        sealed = seal(_VERIFIER + hashlib.sha1(_VERIFIER).digest(), 0)  # noqa: S324 - the format's own
        verifier = struct.pack("<I", 16) + _SALT + sealed[:16] + struct.pack("<I", 20) + sealed[16:]
        return struct.pack("<HHII", 2, 2, 4, len(header)) + header + verifier, seal

    return lock


Way: TypeAlias = Callable[[str], tuple[bytes, Seal]]
WAYS: Final[dict[str, Way]] = {"1997": of_1997, "40 bits": by_crypto_api(40), "128 bits": by_crypto_api(128)}


def locked_doc(document: bytes, way: Way, password: str = PASSWORD) -> bytes:
    """A Word document of tests.old_office, locked."""
    streams = _streams(document)
    info, seal = way(password)
    main = bytearray(streams[_MAIN])
    lists = ((0x1A2, "<II"), (0x102, "<II"))
    for at, form in lists:  # the table moves down, behind what is said of the lock
        start, size = struct.unpack_from(form, main, at)
        struct.pack_into(form, main, at, start + len(info), size)
    struct.pack_into("<H", main, 0x0A, struct.unpack_from("<H", main, 0x0A)[0] | 0x0100)
    struct.pack_into("<I", main, 0x0E, len(info))
    table = info + streams[_TABLE]
    sealed = bytes(main[:0x44]) + _sealed(bytes(main), seal, 512)[0x44:]
    return ole.written({_MAIN: sealed, _TABLE: info + _sealed(table, seal, 512)[len(info) :]})


def locked_xls(document: bytes, way: Way, password: str = PASSWORD) -> bytes:
    """A workbook of tests.old_office, locked."""
    info, seal = way(password)
    stream = _streams(document)["Workbook"]
    first = 4 + struct.unpack_from("<H", stream, 2)[0]
    lock = struct.pack("<HHH", 0x2F, 2 + len(info), 1) + info
    plain = bytearray(stream[:first] + lock + stream[first:])
    records = _records(bytes(plain))
    for kind, start, _end in records:  # the sheets move down
        if kind == _BOOK_SHEET:
            struct.pack_into("<I", plain, start, struct.unpack_from("<I", plain, start)[0] + len(lock))
    sealed = bytearray(_sealed(bytes(plain), seal, 1024))
    for kind, start, end in records:
        kept = end if kind in {_BOF, 0x2F} else start + 4 if kind == _BOOK_SHEET else start
        sealed[start - 4 : kept] = plain[start - 4 : kept]
    return ole.written({"Workbook": bytes(sealed)})


def locked_ppt(document: bytes, way: Way, password: str = PASSWORD) -> bytes:
    """A presentation of tests.old_office, locked."""
    streams = _streams(document)
    stream, user = streams["PowerPoint Document"], bytearray(streams["Current User"])
    info, seal = way(password)
    (edit,) = struct.unpack_from("<I", user, 16)
    (directory,) = struct.unpack_from("<I", stream, edit + 8 + 12)
    count = struct.unpack_from("<I", stream, directory + 8)[0] >> 20
    offsets = list(struct.unpack_from(f"<{count}I", stream, directory + 12))
    sealed = b""
    for number, (start, end) in enumerate(zip(offsets, [*offsets[1:], directory], strict=True), 1):
        sealed += seal(stream[start:end], number)
    offsets.append(len(sealed))
    sealed += struct.pack("<HHI", 0xF, 0x2F14, len(info)) + info
    new_directory = len(sealed)
    listed = struct.pack(f"<I{count + 1}I", (count + 1) << 20 | 1, *offsets)
    sealed += struct.pack("<HHI", 0, 0x1772, len(listed)) + listed
    struct.pack_into("<II", user, 12, 0xF3D1C4DF, len(sealed))
    sealed += struct.pack("<HHI7II", 0, 0x0FF5, 32, 0, 0, 0, new_directory, 1, 9, 0, count + 1)
    return ole.written({"PowerPoint Document": sealed, "Current User": bytes(user), "EncryptedSummary": b"sealed"})


def _records(stream: bytes) -> list[tuple[int, int, int]]:
    found, at = [], 0
    while at < len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        found.append((kind, at + 4, at + 4 + length))
        at += 4 + length
    return found


def _sealed(content: bytes, seal: Seal, block_bytes: int) -> bytes:
    starts = range(0, len(content), block_bytes)
    return b"".join(seal(content[at : at + block_bytes], number) for number, at in enumerate(starts))


def _rc4(key: bytes, content: bytes) -> bytes:
    return Cipher(ARC4(key), None).encryptor().update(content)


def _streams(document: bytes) -> dict[str, bytes]:
    with olefile.OleFileIO(io.BytesIO(document)) as file:
        return {"/".join(path): file.openstream(path).read() for path in file.listdir()}

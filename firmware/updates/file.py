"""The update file: a signed list of its parts, and the parts one after another.

    b"hearth update 1\n", length of the list (4 bytes, big-endian), list (JSON), Ed25519 signature (64 bytes), parts

The signature (RFC 8032) is over everything before it, and the list has the SHA-256 of every part: nothing of a file is
believed, unpacked or looked at before the list is known to be the maker's, and no part is used before it is known to be
the one that the list names. A part may be compressed by Zstandard (RFC 8878); its checksum is that of the compressed
bytes.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, BinaryIO, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from firmware.updates.errors import DamagedUpdateError, NotAnUpdateError, UntrustedUpdateError
from firmware.updates.versions import Version, version_in

MAGIC: Final = b"hearth update 1\n"
SUFFIX: Final = ".update"
KEYS_FOLDER: Final = PurePosixPath("/usr/lib/hearth/update-keys")
"""Where the system has the public keys of those whose updates it takes: raw, 32 bytes a file."""
LONGEST_LIST: Final = 64 * 1024
_LENGTH: Final = struct.Struct(">I")
_SIGNATURE_BYTES: Final = 64
_PIECE_BYTES: Final = 1 << 20
_MOST_BYTES: Final = 1 << 34

PartName = Literal["root", "verity", "kernel"]
Count = Annotated[int, Field(gt=0, le=_MOST_BYTES)]


class Part(BaseModel):
    """One thing that is written to its place: the root file system, its hash tree, or the unified kernel image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PartName
    size_bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unpacked_bytes: Count
    """As large as the part once it is no longer compressed; equal to `size_bytes` where it never was."""
    identity: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""
    """The partition's UUID, of which the kernel finds it by its root hash; empty for the kernel."""


class Contents(BaseModel):
    """The signed list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Literal["hearth"]
    architecture: Literal["x86-64"]
    version: Annotated[str, Field(max_length=40)]
    parts: Annotated[tuple[Part, ...], Field(min_length=3, max_length=3)]

    @model_validator(mode="after")
    def _is_whole(self) -> "Contents":
        if version_in(self.version) is None or {part.name for part in self.parts} != {"root", "verity", "kernel"}:
            message = "a version, and each part once"
            raise ValueError(message)
        return self

    @property
    def number(self) -> Version:
        """The version of the system in it."""
        return Version(self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An update file whose list is known to be its maker's."""

    contents: Contents
    parts_at: int
    """Where the first part begins, in bytes."""
    size_bytes: int
    """How long the whole file has to be."""


def opened(file: BinaryIO, keys: Sequence[Ed25519PublicKey]) -> Opened:
    """Read the list from the file's beginning. Raises `NotAnUpdateError` or `UntrustedUpdateError`."""
    start = file.read(len(MAGIC) + _LENGTH.size)
    if len(start) < len(MAGIC) + _LENGTH.size or not start.startswith(MAGIC):
        raise NotAnUpdateError
    (length,) = _LENGTH.unpack(start[len(MAGIC) :])
    if not 0 < length <= LONGEST_LIST:
        raise NotAnUpdateError
    listed, signature = file.read(length), file.read(_SIGNATURE_BYTES)
    if len(signature) < _SIGNATURE_BYTES:
        raise DamagedUpdateError
    if not any(_is_signed(key, signature, start + listed) for key in keys):
        raise UntrustedUpdateError
    try:
        contents = Contents.model_validate_json(listed)
    except ValidationError as error:
        raise NotAnUpdateError from error
    parts_at = len(start) + length + _SIGNATURE_BYTES
    return Opened(
        contents=contents,
        parts_at=parts_at,
        size_bytes=parts_at + sum(part.size_bytes for part in contents.parts),
    )


def checked(file: BinaryIO, keys: Sequence[Ed25519PublicKey], told: Callable[[int], None] = lambda _: None) -> Opened:
    """Read the whole file, and know that it is; `told` hears how many bytes were read.

    Raises `NotAnUpdateError`, `UntrustedUpdateError` or `DamagedUpdateError`.
    """
    known = opened(file, keys)
    seen = known.parts_at
    for part in known.contents.parts:
        for piece in part_pieces(file, part):
            seen += len(piece)
            told(seen)
    if file.read(1):
        raise DamagedUpdateError
    return known


def part_pieces(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """The part's bytes, at which the file stands; only after the last is it known that all were right.

    Raises `DamagedUpdateError`.
    """
    digest, left = hashlib.sha256(), part.size_bytes
    while left:
        piece = file.read(min(_PIECE_BYTES, left))
        if not piece:
            raise DamagedUpdateError
        digest.update(piece)
        left -= len(piece)
        yield piece
    if digest.hexdigest() != part.sha256:
        raise DamagedUpdateError


def signed_list(contents: Contents, key: Ed25519PrivateKey) -> bytes:
    """The beginning of an update file: all that comes before its parts."""
    listed = contents.model_dump_json().encode()
    start = MAGIC + _LENGTH.pack(len(listed)) + listed
    return start + key.sign(start)


def public_keys(files: Sequence[bytes]) -> tuple[Ed25519PublicKey, ...]:
    """The keys in these files' contents; raises ValueError for what is none."""
    return tuple(Ed25519PublicKey.from_public_bytes(content) for content in files)


def _is_signed(key: Ed25519PublicKey, signature: bytes, said: bytes) -> bool:
    try:
        key.verify(signature, said)
    except InvalidSignature:
        return False
    return True

"""Update files as their maker writes them, small."""

import hashlib
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.updates.file import Contents, Part, PartName, signed_list

MAKER: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def written(
    version: str = "0.2.0",
    *,
    key: Ed25519PrivateKey = MAKER,
    size_bytes: int = 300_000,
    kernel: bytes = b"MZ kernel",
    root_unpacked_bytes: int | None = None,
) -> bytes:
    """A whole file with a root file system of this size."""
    contents: dict[PartName, bytes] = {
        "root": hashlib.sha256(version.encode()).digest() * (size_bytes // 32),
        "verity": b"v" * 4096,
        "kernel": kernel,
    }
    identities = {"root": f"{1:032x}", "verity": f"{2:032x}", "kernel": ""}
    parts = tuple(
        Part(
            name=name,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            unpacked_bytes=root_unpacked_bytes or len(content) if name == "root" else len(content),
            identity=identities[name],
        )
        for name, content in contents.items()
    )
    listed = Contents(product="hearth", architecture="x86-64", version=version, parts=parts)
    return signed_list(listed, key) + b"".join(contents.values())


def keys_in(folder: Path, *makers: Ed25519PrivateKey) -> Path:
    """A folder with these makers' public keys; with the one maker's where none is named."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, key in enumerate(makers or (MAKER,)):
        (folder / f"{number}.pub").write_bytes(key.public_key().public_bytes_raw())
    return folder


def digest_of(content: bytes) -> str:
    """Its SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()

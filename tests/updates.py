"""Update files of the tests' own maker."""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.updates.file import SUFFIX, Contents, Part, PartName, signed_list

MAKER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def update(*, version: str = "0.2.0", key: Ed25519PrivateKey = MAKER, root_bytes: int = 60_000) -> bytes:
    """A signed update whose largest part is so many random bytes."""
    content: dict[PartName, bytes] = {"root": os.urandom(root_bytes), "verity": b"v" * 4096, "kernel": b"MZ kernel"}
    parts = tuple(
        Part(
            name=name,
            size_bytes=len(part),
            sha256=hashlib.sha256(part).hexdigest(),
            unpacked_bytes=len(part),
            identity="" if name == "kernel" else "0" * 32,
        )
        for name, part in content.items()
    )
    listed = Contents(product="hearth", architecture="x86-64", version=version, parts=parts)
    return signed_list(listed, key) + b"".join(content.values())


def keep(folder: Path, content: bytes) -> str:
    """Put an update where an assistant keeps its own; its digest."""
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    (folder / f"{digest}{SUFFIX}").write_bytes(content)
    return digest


def trust(folder: Path, *keys: Ed25519PrivateKey) -> None:
    """Make these the makers whose updates are taken."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, key in enumerate(keys or (MAKER,)):
        (folder / f"{number}.pub").write_bytes(key.public_key().public_bytes_raw())

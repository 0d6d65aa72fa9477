"""Owns the key of whoever makes systems: its public half is on every image made here, its private half signs updates.

The private key is made once and lies outside the checkout, where no cache is cleared. Whoever loses it can make new
sticks, but no more updates for the old ones; whoever gives it away gives away every box that trusts it.
"""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from image.errors import SigningKeyError

VARIABLE = "HEARTH_UPDATE_KEY"


def private_key() -> Ed25519PrivateKey:
    """The key that signs, made where there is none yet; raises `SigningKeyError` for a file that is no such key."""
    file = _file()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
        print(f"Made the key that signs updates: {file}. Keep it safe, and keep a copy.")
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _not_a_key(file) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_a_key(file)
    return key


def public_key() -> bytes:
    """What a box needs to know of it: 32 bytes (RFC 8032)."""
    return private_key().public_key().public_bytes_raw()


def _file() -> Path:
    given = os.environ.get(VARIABLE)
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(given) if given else configuration / "hearth" / "update-key.pem"


def _not_a_key(file: Path) -> SigningKeyError:
    return SigningKeyError(
        f"{file} is not an Ed25519 key in PEM form. Move it away to have a new one made, or name another in {VARIABLE}."
    )

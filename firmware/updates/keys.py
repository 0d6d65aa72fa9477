"""Reads the public keys of those whose updates this box takes."""

import logging
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware.updates.file import public_keys

log = logging.getLogger(__name__)

KEY_FILES: Final = "*.pub"


def keys_in(folder: Path) -> tuple[Ed25519PublicKey, ...]:
    """The keys of this folder, one a file; none where it is not there, or where one can't be read. Blocking."""
    try:
        return public_keys([file.read_bytes() for file in sorted(folder.glob(KEY_FILES))])
    except (OSError, ValueError):
        log.warning("A key for updates can't be read, so this node takes none")
        return ()

"""Reads the secrets that systemd (or `hearth run`) hands to a daemon in its credentials folder."""

import os
from pathlib import Path

from services.errors import CredentialMissingError


def read(name: str) -> str:
    """The text of credential `name`, stripped; `CredentialMissingError` where it was not handed over."""
    return path(name).read_text(encoding="utf-8").strip()


def path(name: str) -> Path:
    """The file of credential `name`, for libraries that want a path; `CredentialMissingError` where there is none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / name if folder else None
    if file is None or not file.is_file():
        message = f"The secret “{name}” was not handed to this daemon. Start the node with `hearth run` or by systemd."
        raise CredentialMissingError(message)
    return file

"""Owns how a small file reaches the data partition, so that after a power cut there is the old file or the new one."""

import contextlib
import os
import secrets
from pathlib import Path


def make_folder(folder: Path, mode: int) -> None:
    """Make `folder`, with its parents, and give it `mode`; one that exists keeps its content and gets the mode."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o7777 != mode:
        folder.chmod(mode)


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """Replace `path` by `content` in one step, with `mode` from its first moment, on the disk when this returns.

    Source: rename(2) is atomic; the file is synced before it and the folder after it.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_unfinished(folder: Path) -> None:
    """Remove what a power cut left half written in `folder`."""
    for leftover in folder.glob(".*.new"):
        leftover.unlink()

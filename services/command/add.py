"""`hearth add`: gives files to the library and waits until each can be found, or says why it can't."""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assistant.litter import is_litter, is_litter_folder
from services.command.local import RefusedError, answered, connected

POLL_SECONDS = 0.3
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file that is to be added."""

    path: Path
    folder: str = ""
    """In which folder of the shelf it will lie: as it lay below the one that was named."""


def act(given: argparse.Namespace) -> int:
    """Add every file; 1 where at least one could not be read."""
    failed = 0
    closed: list[str] = []
    with connected(given.data) as client:
        waiting: dict[str, str] = {}
        for file in files_in(given.paths, closed):
            try:
                document = _upload(client, file, given.shelf or "private")
            except (OSError, RefusedError) as error:
                failed += 1
                print(f"✗ {shown(file.path)}: {_reason(error)}", file=sys.stderr)
            else:
                waiting[document["id"]] = shown(file.path)
        failed += _wait(client, waiting)
    for folder in closed:
        print(f"✗ {folder}: This folder could not be looked into.", file=sys.stderr)
    return 1 if failed or closed else 0


def files_in(paths: Iterable[Path], closed: list[str]) -> Iterator[Given]:
    """The files named, and those in the folders named, sorted; hidden ones and litter in folders are left out.

    Folders that could not be looked into are added to `closed`.
    """
    for path in paths:
        if not path.is_dir():
            yield Given(path=path)
            continue
        above = path.absolute().resolve().name
        for place, folders, names in os.walk(path, onerror=lambda error: closed.append(shown(Path(error.filename)))):
            folders[:] = sorted(name for name in folders if not (name.startswith(".") or is_litter_folder(name)))
            below = Path(above, Path(place).relative_to(path))
            for name in sorted(names):
                if not (name.startswith(".") or is_litter(name)):
                    yield Given(path=Path(place) / name, folder=shown(below))


def shown(path: Path) -> str:
    """A path as text, whatever bytes its names have."""
    return os.fsencode(path).decode("utf-8", "replace")


def _upload(client: httpx.Client, file: Given, shelf: str) -> dict[str, Any]:
    # A file that is added again from the same place takes the place of what it was before.
    source = hashlib.sha256(os.fsencode(file.path.absolute())).hexdigest()
    with file.path.open("rb") as opened:
        response = client.put(
            "/api/documents",
            params={"name": shown(Path(file.path.name)), "shelf": shelf, "folder": file.folder, "source": source},
            content=iter(lambda: opened.read(PIECE_BYTES), b""),
        )
    document: dict[str, Any] = answered(response)
    return document


def _wait(client: httpx.Client, waiting: dict[str, str]) -> int:
    failed = 0
    while waiting:
        for document_id, name in list(waiting.items()):
            document = answered(client.get(f"/api/documents/{document_id}"))
            if document["status"] in {"searchable", "ready"}:
                print(f"✓ {name}: {document['pages']} pages, can be found now")
            elif document["status"] == "failed":
                failed += 1
                print(f"✗ {name}: {document['reason']}", file=sys.stderr)
            else:
                continue
            del waiting[document_id]
        if waiting:
            time.sleep(POLL_SECONDS)
    return failed


def _reason(error: OSError | RefusedError) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "You may not read this file."
    return str(error)

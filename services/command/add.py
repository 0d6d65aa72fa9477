"""`hearth add`: gives files to the library and waits until each can be found, or says why it can't."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from assistant.litter import is_litter, is_litter_folder
from services.command.local import RefusedError, answered, connected

POLL_SECONDS = 0.3
PIECE_BYTES = 1 << 20


def act(given: argparse.Namespace) -> int:
    """Add every file; 1 where at least one could not be read."""
    failed = 0
    with connected(given.data) as client:
        waiting: dict[str, str] = {}
        for file in files_in(given.paths):
            try:
                document = _upload(client, file, given.shelf or "household")
            except (OSError, RefusedError) as error:
                failed += 1
                print(f"✗ {file}: {_reason(error)}", file=sys.stderr)
            else:
                waiting[document["id"]] = str(file)
        failed += _wait(client, waiting)
    return 1 if failed else 0


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, sorted; hidden ones and litter in folders are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not (name.startswith(".") or is_litter_folder(name)))
            yield from (Path(folder) / name for name in sorted(names) if not (name.startswith(".") or is_litter(name)))


def _upload(client: httpx.Client, file: Path, shelf: str) -> dict[str, Any]:
    with file.open("rb") as opened:
        response = client.put(
            "/api/documents",
            params={"name": file.name, "shelf": shelf},
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

"""Gives a new node its sample files, once: whoever deletes them does not get them back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.identifiers import HOUSEHOLD
from assistant.library import Library


async def seed(library: Library, *, samples: Path, mark: Path) -> None:
    """Add every file in `samples` to the household's shelf unless `mark` says that it was done before."""
    for name, body in await asyncio.to_thread(_wanted, samples, mark):
        await library.add(name=name, shelf=HOUSEHOLD, body=_whole(body))
    await asyncio.to_thread(mark.touch)


def _wanted(samples: Path, mark: Path) -> list[tuple[str, bytes]]:
    if mark.exists() or not samples.is_dir():
        return []
    return [(file.name, file.read_bytes()) for file in sorted(samples.iterdir())]


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body

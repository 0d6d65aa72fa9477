"""Files that a program hands over under their digest, until it says what model they are, as Ollama's programs do."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from assistant.generation.errors import ModelElsewhereError
from assistant.generation.models import ModelCard
from assistant.models.errors import UnfitModelError
from assistant.models.imports import Imports
from assistant.models.shelf import Known, ModelShelf

_PIECE_BYTES: Final = 1 << 20
_DIGEST: Final = re.compile(r"sha256[:-]([0-9a-f]{64})")


def is_here(shelf: ModelShelf, digest: str) -> bool:
    """Whether this file was handed over, or is a model already."""
    found = _DIGEST.fullmatch(digest)
    return found is not None and (_path(shelf, found[1]).exists() or _twin(shelf, found[1]) is not None)


async def keep(
    imports: Imports, shelf: ModelShelf, digest: str, pieces: AsyncIterator[bytes], declared_bytes: int
) -> None:
    """Keep a file until a model is made of it, or the box restarts.

    Raises `UnfitModelError` where its bytes have another digest, and as `Imports.receive` does.
    """
    sha256 = _sha256(digest)
    arrived = await imports.receive(pieces, declared_bytes)
    if arrived.sha256 != sha256:
        arrived.path.unlink()
        raise UnfitModelError("What came has another SHA-256 than it was announced with. Send it again.")
    arrived.path.replace(_path(shelf, sha256))


async def made(shelf: ModelShelf, name: str, digest: str) -> Known:
    """A model of a file that was handed over; raises `UnfitModelError` and what the shelf raises."""
    sha256 = _sha256(digest)
    path, twin = _path(shelf, sha256), _twin(shelf, sha256)
    if path.exists():
        return await asyncio.to_thread(
            shelf.add, path, name=name, sha256=sha256, licence="", source="a program handed it over"
        )
    if twin is None:
        raise UnfitModelError("This file was not handed over yet. Send it to /api/blobs first.")
    return await asyncio.to_thread(shelf.copy, twin, name)


async def copied(imports: Imports, shelf: ModelShelf, card: ModelCard, name: str) -> None:
    """Another name for a model; of the one that came with the product the file is copied, as that one is not ours.

    Raises `ModelElsewhereError`, and as `Imports.take` does.
    """
    if card.is_foreign:
        raise ModelElsewhereError(card.name, card.engines)
    known = shelf.find(card.name) or _twin(shelf, card.digest)
    if known is not None:
        await asyncio.to_thread(shelf.copy, known, name)
        return
    pieces = _pieces(card.file)
    async with aclosing(pieces):
        await imports.take(name, pieces, card.size_bytes, source=f"a copy of {card.name}", licence=card.license)


async def _pieces(file: Path) -> AsyncGenerator[bytes, None]:
    with await asyncio.to_thread(file.open, "rb") as content:
        while piece := await asyncio.to_thread(content.read, _PIECE_BYTES):
            yield piece


def _sha256(digest: str) -> str:
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise UnfitModelError("A file is named by its digest, “sha256:” and 64 hexadecimal digits.")
    return found[1]


def _path(shelf: ModelShelf, sha256: str) -> Path:
    return shelf.incoming / f"{sha256}.blob"


def _twin(shelf: ModelShelf, sha256: str) -> Known | None:
    return next((known for known in shelf.all() if known.owned.sha256 == sha256), None)

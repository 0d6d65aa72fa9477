"""Owns how a file goes from one node to another: as bytes from an offset on, by its digest, to members alone.

Models go so, and updates of the system.
Whoever receives it checks the digest; here nothing is believed and nothing is kept.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

import httpx
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from mesh.errors import NodeUnreachableError
from mesh.link import Link

GIVING_ROLES: Final = frozenset({"home", "worker", "storage"})
"""Whose models and updates others may copy: a client keeps its own to itself."""
PIECE_BYTES: Final = 1 << 18
SILENCE_SECONDS: Final = 10.0
"""After this without a byte the way is taken for broken; the next try goes on from there."""


class TravelQuestion(BaseModel):
    """From which byte on."""

    offset: int = Field(default=0, ge=0)


def given(file: Path, asked: TravelQuestion) -> StreamingResponse | None:
    """The answer with the file's bytes; None where it has gone, or has no such byte."""
    try:
        size_bytes = file.stat().st_size
    except OSError:
        return None
    if asked.offset > size_bytes:
        return None
    length = {"content-length": str(size_bytes - asked.offset)}
    return StreamingResponse(pieces_of(file, asked.offset), media_type="application/octet-stream", headers=length)


def pieces_of(file: Path, offset: int) -> Iterator[bytes]:
    """The file's bytes from there on; blocking. Raises OSError."""
    with file.open("rb") as opened:
        opened.seek(offset)
        while piece := opened.read(PIECE_BYTES):
            yield piece


async def received(response: httpx.Response, link: Link) -> AsyncGenerator[bytes, None]:
    """What comes; raises NodeUnreachableError where it breaks off, falls silent, or the node is removed."""
    gone: asyncio.Future[object] = asyncio.ensure_future(link.gone.wait())
    try:
        async with aclosing(_raw(response)) as pieces:
            while True:
                coming: asyncio.Future[object] = asyncio.ensure_future(anext(pieces, b""))
                try:
                    await asyncio.wait({coming, gone}, timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        raise NodeUnreachableError("The node was removed." if gone.done() else "The node fell silent.")
                finally:
                    if not coming.done():
                        coming.cancel()
                        await asyncio.wait({coming})
                piece = coming.result()
                if not isinstance(piece, bytes) or not piece:
                    return
                yield piece
    except httpx.HTTPError as error:
        raise NodeUnreachableError("The node broke off.") from error
    finally:
        gone.cancel()


async def _raw(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    async for piece in response.aiter_raw():
        yield piece

"""Owns the doors on the mesh port for `hearth bench`: bytes there and back, and this node's links for another one."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from mesh.bench import ECHO, MOST_BYTES, LinkRun, measured_link
from mesh.links import Links
from mesh.pipe import PIECE_BYTES

LINK: Final = "/mesh/bench/link"


class LinkQuestion(BaseModel):
    """Whose link from this node is to be measured."""

    node_id: str = Field(max_length=64)
    turns: int = Field(default=20, ge=1, le=200)


def bench_port_router(links: Links) -> APIRouter:
    """The routes; the mesh port's gate lets only members come to them, and one link is measured at a time."""
    routes = APIRouter()
    measuring = asyncio.Lock()

    @routes.post(ECHO + "/{size_bytes}")
    async def echo(size_bytes: Annotated[int, Path(ge=0, le=MOST_BYTES)], request: Request) -> Response:
        await request.body()
        length = {"content-length": str(size_bytes)}
        return StreamingResponse(_pieces(size_bytes), media_type="application/octet-stream", headers=length)

    @routes.post(LINK)
    async def link(asked: LinkQuestion) -> LinkRun:
        if measuring.locked():
            raise HTTPException(409)
        async with measuring:
            return await measured_link(links, asked.node_id, asked.turns, monotonic=time.monotonic)

    return routes


async def _pieces(size_bytes: int) -> AsyncGenerator[bytes, None]:
    """So many bytes, a little at a time: the node has others to answer meanwhile."""
    for start in range(0, size_bytes, PIECE_BYTES):
        yield bytes(min(PIECE_BYTES, size_bytes - start))

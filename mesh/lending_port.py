"""Owns the door on the mesh port at which another node gets a lease on this one's memory."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from mesh.identity import NodeId
from mesh.lending import Lending
from mesh.split_session import LEND
from mesh.wires import WireOffer


class LendQuestion(BaseModel):
    """How much of this node's memory another one wishes for, and its end of a wire where it has one."""

    memory_bytes: int = Field(gt=0, le=1 << 50)
    wire: WireOffer | None = None


class Lines(StreamingResponse):
    """A lease as lines; it ends at once when the one who has it leaves."""

    def __init__(self, lines: AsyncGenerator[bytes, None]) -> None:
        super().__init__(lines, media_type="application/x-ndjson")
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, as ASGI says."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._lines.aclose()


def _member(request: Request) -> NodeId:
    member: NodeId = request.state.member
    return member


def lending_router(lending: Lending) -> APIRouter:
    """The route; the mesh port's gate lets only members come to it."""
    routes = APIRouter()

    @routes.post(LEND)
    async def lend(asked: LendQuestion, member: Annotated[NodeId, Depends(_member)]) -> Response:
        return Lines(lending.lease(member, asked.memory_bytes, asked.wire))

    return routes

"""Owns the part of the agent's API by which this node's assistant gets a model or an update from another node."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, StreamingResponse

from mesh.errors import NodeUnreachableError
from mesh.links import Links
from mesh.travel import TravelQuestion, received


def travel_router(links: Links) -> APIRouter:
    """The routes; the doors before the agent's socket ask who it is."""
    routes = APIRouter()

    @routes.post("/nodes/{node_id}/models/{digest}")
    async def fetch_model(node_id: str, digest: str, asked: TravelQuestion) -> Response:
        return await fetched(node_id, f"/models/{digest}", asked)

    @routes.post("/nodes/{node_id}/updates/{digest}")
    async def fetch_update(node_id: str, digest: str, asked: TravelQuestion) -> Response:
        return await fetched(node_id, f"/updates/{digest}", asked)

    async def fetched(node_id: str, path: str, asked: TravelQuestion) -> Response:
        link = links.links.get(node_id)
        if link is None:
            return _refusal(404, "no_node")
        stack = AsyncExitStack()
        try:
            body = asked.model_dump_json().encode()
            response = await stack.enter_async_context(links.stream(node_id, path, body))
        except NodeUnreachableError:
            return _refusal(503, "unreachable")
        if not response.is_success:
            await stack.aclose()
            return _refusal(403 if response.status_code == 403 else 404, "not_there")

        async def rest() -> AsyncGenerator[bytes, None]:
            async with stack, aclosing(received(response, link)) as pieces:
                async for piece in pieces:
                    yield piece

        length = {"content-length": response.headers["content-length"]}
        return StreamingResponse(rest(), media_type="application/octet-stream", headers=length)

    return routes


def _refusal(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code}, status)

"""Two routes that no assistant has: what passes through the gateway, told back or streamed slowly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse

from tests.webui.fake_api.known import Known


def add_gateway(app: FastAPI, known: Known) -> None:
    """An echo, and a stream that takes its time."""

    @app.api_route("/api/echo", methods=["GET", "POST", "PUT"])
    async def echo(request: Request) -> dict[str, Any]:
        body = await request.body()
        return {
            "method": request.method,
            "query": request.url.query,
            "headers": [[name, value] for name, value in request.headers.items()],
            "size": len(body),
        }

    @app.get("/api/slow")
    async def slow() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                for number in range(100):
                    yield f"{number}\n".encode()
                    await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                known.generations_stopped += 1
                raise

        return StreamingResponse(pieces(), media_type="application/x-ndjson")

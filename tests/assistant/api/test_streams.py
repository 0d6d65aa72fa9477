"""A caller who leaves in the middle of a stream ends its source, in order."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from starlette.requests import Request
from starlette.types import Message

from assistant.api.streams import Streamed, begun
from assistant.generation.events import Begun, Happening

SCOPE: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": []}


async def test_a_source_that_is_at_work_when_its_caller_leaves_is_closed_in_order() -> None:
    closed, sent = [], asyncio.Event()

    async def source() -> AsyncGenerator[Happening, None]:
        try:
            yield Begun(prompt_tokens=1)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)  # as letting go of the engine takes a moment
            closed.append(True)

    async def lines() -> AsyncGenerator[str, None]:
        async for happening in happenings:
            yield f"{happening}\n"

    async def receive() -> Message:
        await sent.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.set()

    async def waiting() -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    happenings = await begun(Request(SCOPE, waiting), source())
    async with asyncio.timeout(10):
        await Streamed(lines())(SCOPE, receive, send)
        await happenings.aclose()

    assert closed == [True]

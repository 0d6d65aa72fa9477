"""Answers that are told while they grow: begun once it is sure that they begin, kept awake, ended explicitly."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from assistant.api.gone import unless_gone
from assistant.errors import AssistantError
from assistant.generation.events import Broken, Happening
from assistant.generation.whole import Whole, collected

EVENT_STREAM: Final = "text/event-stream"
QUIET_SECONDS: Final = 10.0
"""Silence after which the other side is told that we are still there."""


class Streamed(StreamingResponse):
    """A stream whose source is closed at once when nobody listens any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, as ASGI says."""
        try:
            await super().__call__(scope, receive, _with_first_piece(send))
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


def _with_first_piece(send: Send) -> Send:
    """The answer's head goes with its first piece: whoever waits for that is woken once."""
    head: Message | None = None

    async def send_together(message: Message) -> None:
        nonlocal head
        if message["type"] == "http.response.start":
            head = message
            return
        if head is not None:
            await send(head)
            head = None
        await send(message)

    return send_together


async def begun(
    request: Request, happenings: AsyncGenerator[Happening, None]
) -> AsyncGenerator[Happening | None, None]:
    """The happenings, once the first has come; until then, errors are raised and a caller who leaves ends it all.

    What breaks later is told as `Broken`. None comes where nothing else came for a while.
    """
    first = await unless_gone(request, _first(happenings))
    return _told(first, happenings)


async def going_on(happenings: AsyncGenerator[Happening, None]) -> AsyncGenerator[Happening | None, None]:
    """The happenings of one more answer in a stream that has begun already; what breaks is told as in `begun`."""
    async with aclosing(happenings):
        try:
            async with aclosing(_kept_awake(happenings)) as awake:
                async for happening in awake:
                    yield happening
        except AssistantError as error:
            yield Broken(code=error.code, message=str(error))


async def whole(request: Request, happenings: AsyncGenerator[Happening, None]) -> Whole:
    """The whole answer; a caller who leaves ends the work."""

    async def all_of_it() -> Whole:
        async with aclosing(happenings):
            return await collected(happenings)

    return await unless_gone(request, all_of_it())


async def _first(happenings: AsyncGenerator[Happening, None]) -> Happening:
    try:
        return await anext(happenings)
    except BaseException:
        await happenings.aclose()
        raise


async def _told(
    first: Happening, happenings: AsyncGenerator[Happening, None]
) -> AsyncGenerator[Happening | None, None]:
    async with aclosing(happenings):
        yield first
        async with aclosing(going_on(happenings)) as rest:
            async for happening in rest:
                yield happening


async def _kept_awake(happenings: AsyncIterator[Happening]) -> AsyncGenerator[Happening | None, None]:
    while True:
        coming = asyncio.ensure_future(anext(happenings, None))
        try:
            while not (await asyncio.wait({coming}, timeout=QUIET_SECONDS))[0]:
                yield None
        finally:
            coming.cancel()
            while not coming.done():
                # Starlette cancels again at each await, and a source that still runs can't be closed.
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({coming})
        happening = coming.result()
        if happening is None:
            return
        yield happening

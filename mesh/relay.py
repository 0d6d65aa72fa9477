"""Owns carrying a request to another node's engine and its words back.

It is quick to give up before the first word, and never silent after it.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Final

import httpx

from mesh.errors import NodeUnreachableError
from mesh.link import Link
from mesh.links import Links

log = logging.getLogger(__name__)

FIRST_SILENCE_SECONDS: Final = 0.8
"""Before the first word a node says four times a second that it is well; without that a quick one is given up."""
LATER_SILENCE_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 0.1
BREAK: Final = "broke off in the middle of an answer"
BROKE_OFF: Final = b'error: {"message": "The node that computed this answer is gone."}\n\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status, and either a whole body or the pieces of one."""

    status: int
    body: bytes = b""
    pieces: AsyncGenerator[bytes, None] | None = None


AWAY: Final = Answer(status=503, body=b'{"error": {"message": "The node did not answer."}}')


async def while_wanted(carried: Coroutine[None, None, Answer], receive: Callable[[], Awaitable[object]]) -> Answer:
    """The answer, unless whoever asked leaves before it begins: then the node is let go at once.

    `receive` is ASGI's: after a body that was read it tells of nothing but the asker's leaving.
    """
    coming, left = asyncio.ensure_future(carried), asyncio.ensure_future(receive())
    either: set[asyncio.Future[object]] = {coming, left}  # type: ignore[arg-type] # a future of more than is asked
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else AWAY
    finally:
        for one in either:
            if not one.done():
                one.cancel()
                await asyncio.wait({one})


async def asked(links: Links, node_id: str, digest: str, name: str, body: bytes) -> Answer:
    """A question that is answered at once, such as for the tokens of a text."""
    try:
        response = await links.ask(node_id, f"/engine/{digest}/{name}", body, seconds=3.0)
    except NodeUnreachableError:
        links.failed(node_id, digest, "did not answer a request")
        return AWAY
    return Answer(status=response.status_code, body=response.content)


async def streamed(links: Links, node_id: str, digest: str, name: str, body: bytes) -> Answer:
    """A request whose answer comes in pieces: it has begun when this returns, or it has failed and may go elsewhere."""
    link = links.links.get(node_id)
    if link is None:
        return AWAY
    stack = AsyncExitStack()
    try:
        response = await stack.enter_async_context(links.stream(node_id, f"/engine/{digest}/{name}", body))
        if not response.is_success:
            answer = Answer(status=response.status_code, body=await response.aread())
            await stack.aclose()
            return answer
        lines = _lines(response, link)
        first = await anext(lines, b"")
    except (NodeUnreachableError, httpx.HTTPError):
        first = b""
    except BaseException:
        await stack.aclose()
        raise
    if not first:
        await stack.aclose()
        links.failed(node_id, digest, "did not answer a request")
        return AWAY
    if first.startswith(b"refused: "):
        await stack.aclose()
        refused = json.loads(first.removeprefix(b"refused: "))
        return Answer(status=int(refused["status"]), body=str(refused["body"]).encode())
    return Answer(status=200, pieces=_rest(first, lines, stack, lambda: links.failed(node_id, digest, BREAK)))


async def from_lines(lines: AsyncGenerator[bytes, None], failed: Callable[[], None]) -> Answer:
    """The same of an engine of this very node, from the lines that an EngineDoor makes of it."""
    told = _without_silence(lines)
    first = await anext(told, b"")
    if not first:
        return AWAY
    if first.startswith(b"refused: "):
        refused = json.loads(first.removeprefix(b"refused: "))
        return Answer(status=int(refused["status"]), body=str(refused["body"]).encode())
    return Answer(status=200, pieces=_rest(first, told, AsyncExitStack(), failed))


async def _without_silence(lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(lines):
        async for line in lines:
            if not line.startswith(b":"):
                yield line


async def _rest(
    first: bytes, lines: AsyncGenerator[bytes, None], stack: AsyncExitStack, failed: Callable[[], None]
) -> AsyncGenerator[bytes, None]:
    async with stack:
        yield first
        last = first
        try:
            async with aclosing(lines):
                async for line in lines:
                    last = line
                    if is_end(line):
                        await _drained(lines)
                    yield line
        except (NodeUnreachableError, httpx.HTTPError):
            last = b""
        if not is_end(last):
            log.warning("Another node broke off in the middle of an answer")
            failed()
            yield BROKE_OFF


async def _drained(lines: AsyncGenerator[bytes, None]) -> None:
    """Read to the end of a stream that has told its last: its connection serves another request then.

    Whoever asked leaves at that last line, and a connection that is left before its end is closed.
    """
    with suppress(NodeUnreachableError, httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in lines:
                pass


def is_end(line: bytes) -> bool:
    """Whether a stream may end after this line: both of llama-server's forms say so themselves."""
    return line.startswith((b"data: [DONE]", b"error: ")) or b'"stop":true' in line.replace(b" ", b"")


async def _lines(response: httpx.Response, link: Link) -> AsyncGenerator[bytes, None]:
    """The lines without what only says that the node is well; raises NodeUnreachableError after too long a silence."""
    silence = link.patience(FIRST_SILENCE_SECONDS)
    pieces = response.aiter_bytes()
    gone: asyncio.Future[object] = asyncio.ensure_future(link.gone.wait())
    rest = b""
    try:
        while (piece := await _next(pieces, gone, silence)) is not None:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line and not line.startswith(b":"):
                    silence = LATER_SILENCE_SECONDS
                    yield line + b"\n\n"
    finally:
        gone.cancel()


async def _next(pieces: AsyncIterator[bytes], gone: "asyncio.Future[object]", seconds: float) -> bytes | None:
    coming = asyncio.ensure_future(anext(pieces, None))
    either: set[asyncio.Future[object]] = {coming, gone}  # type: ignore[arg-type] # a future of more than is asked
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            raise NodeUnreachableError("The node was removed." if gone.done() else "The node fell silent.")
        return coming.result()
    finally:
        if not coming.done():
            coming.cancel()
            await asyncio.wait({coming})

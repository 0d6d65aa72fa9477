"""A server on a Unix socket within a test's own event loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LEAVING_SECONDS = 1.0


@contextlib.asynccontextmanager
async def unix_server(path: Path, serve: Serve) -> AsyncIterator[None]:
    """Treats each connection so; none is open any more once the block has ended, whoever still spoke."""
    under_way: set[asyncio.Task[Any] | None] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.add(asyncio.current_task())
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async with await asyncio.start_unix_server(one, path):
        yield
    tasks = [task for task in under_way if task is not None]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=LEAVING_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

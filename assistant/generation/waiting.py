"""Waits for an engine that was just started again, as long as nothing of the answer was told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, TypeVar

from assistant.clock import Clock
from assistant.engine.errors import EngineUnavailableError

Piece = TypeVar("Piece")
_PAUSE_SECONDS: Final = 0.3


async def once_ready(
    start: Callable[[], AsyncGenerator[Piece, None]], *, patience_seconds: float, clock: Clock
) -> AsyncGenerator[Piece, None]:
    """What `start` gives; started anew where the engine was away before the first piece, and never after it."""
    until = clock.monotonic() + patience_seconds
    begun = False
    while True:
        try:
            async with aclosing(start()) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
                return
        except EngineUnavailableError:
            if begun or clock.monotonic() >= until:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)

"""Tells an engine that is slow from one that hangs, while somebody waits for its next word."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from assistant.engine.errors import EngineInterruptedError, EngineUnavailableError
from assistant.engine.state import EngineState

Piece = TypeVar("Piece")

INTERRUPTED = "The language model stopped in the middle of this answer and is being restarted. Ask again."
UNAVAILABLE = "The language model is not ready yet. Wait a moment and ask again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long silence may last. A busy engine still says that it is well; one that hangs says nothing."""

    silence_seconds: float = 20.0
    """Silence after which the engine is asked how it is; asked again after each further one."""
    most_silences: int = 3
    """Times in a row that it may fail to say that it is well."""
    longest_seconds: float = 900.0
    """However well it says it is: a long prompt on an old PC is read before the first word comes."""


async def watched(
    pieces: AsyncIterator[Piece], *, state: Callable[[], Awaitable[EngineState]], patience: Patience
) -> AsyncGenerator[Piece, None]:
    """The pieces as they come; closing this closes them.

    Raises `EngineInterruptedError` where the engine hangs, `EngineUnavailableError` where it hung from the start.
    """
    begun = False
    try:
        while True:
            coming = asyncio.ensure_future(anext(pieces, None))
            try:
                came = await _comes(coming, state, patience)
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            if not came:
                raise EngineInterruptedError(INTERRUPTED) if begun else EngineUnavailableError(UNAVAILABLE)
            piece = coming.result()
            if piece is None:
                return
            begun = True
            yield piece
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


async def _comes(
    coming: "asyncio.Future[Piece | None]", state: Callable[[], Awaitable[EngineState]], patience: Patience
) -> bool:
    silences = 0
    waited_seconds = 0.0
    while True:
        done, _ = await asyncio.wait({coming}, timeout=patience.silence_seconds)
        if done:
            return True
        waited_seconds += patience.silence_seconds
        silences = 0 if await state() == "ready" else silences + 1
        if silences >= patience.most_silences or waited_seconds >= patience.longest_seconds:
            return False

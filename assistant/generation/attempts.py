"""Owns one request at one place, from its reservation to what is told of its end, and the race of two of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from assistant.engine.errors import EngineError, EngineNoRoomError, EngineRefusedError
from assistant.engine.mesh import Mesh, Place, Work
from assistant.engine.pieces import Stopped, Took
from assistant.engine.place import Computed
from assistant.generation.events import Ended

Piece = TypeVar("Piece")


class Attempt(Generic[Piece]):
    """A place that was reserved, and what comes from there; it has to be ended, whatever happened."""

    def __init__(
        self,
        mesh: Mesh,
        work: Work,
        place: Place,
        *,
        here: Callable[[], AsyncGenerator[Piece, None]],
        there: Callable[[Place], AsyncGenerator[Piece, None]],
    ) -> None:
        self.place = place
        self._mesh = mesh
        self._work = work
        self._here = here
        self._there = there
        self._count = 0
        self._ok, self._is_whole = True, False
        self._took: Took | None = None
        self.pieces = self._pieces()

    async def end(self) -> None:
        """Stop what still runs there, and tell the mesh how it went."""
        try:
            await self.pieces.aclose()
        finally:
            self._mesh.ended(
                self.place,
                ok=self._ok,
                is_whole=self._is_whole,
                prompt_tokens=self._work.prompt_tokens if self._count else 0,
                output_tokens=self._count,
                took=None if self.place.is_split else self._took,
            )

    async def _pieces(self) -> AsyncGenerator[Piece, None]:
        place = self.place
        try:
            if place.is_split:
                await self._mesh.prepared(place)
            async with aclosing(self._here() if place.is_here else self._there(place)) as pieces:
                async for piece in pieces:
                    self._count += 1
                    self._is_whole = isinstance(piece, Ended | Stopped)
                    self._took = _took(piece)
                    yield piece
            self._is_whole = True
        except EngineNoRoomError as error:
            self._ok = False
            if not place.refusal:
                raise
            raise EngineNoRoomError(
                need_bytes=error.need_bytes,
                free_bytes=error.free_bytes,
                budget_bytes=error.budget_bytes,
                others=place.refusal,
            ) from error
        except EngineError as error:
            self._ok = isinstance(error, EngineRefusedError)
            raise


async def raced(
    first: Attempt[Piece], second: Callable[[], Awaitable[Attempt[Piece] | None]]
) -> AsyncGenerator[tuple[Computed | None, Piece], None]:
    """What comes from the first attempt, or from `second` where that one is asked for and says its first word sooner.

    The other one is ended before that word is told, so an answer is one node's alone. An error is told
    only where both have failed.
    """
    running = [first]
    try:
        winner = first
        if first.place.overdue_seconds:
            winner, word = await _first_word(running, second)
            if word is None:
                return
            yield (winner.place.computed, word)
        async for piece in winner.pieces:
            yield (winner.place.computed, piece)
    finally:
        for one in running:
            await one.end()


async def _first_word(
    running: list[Attempt[Piece]], second: Callable[[], Awaitable[Attempt[Piece] | None]]
) -> tuple[Attempt[Piece], Piece | None]:
    """Who says the first word, and that word, if there is one; only that one is left in `running`."""
    (first,) = running
    coming = {asyncio.ensure_future(anext(first.pieces, None)): first}
    try:
        done, _ = await asyncio.wait(coming, timeout=first.place.overdue_seconds)
        if not done and (other := await second()) is not None:
            running.append(other)
            coming[asyncio.ensure_future(anext(other.pieces, None))] = other
        while True:
            done, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
            one = min(done, key=list(coming).index)
            winner = coming.pop(one)
            if one.exception() is None or not coming:
                break
    finally:
        for left in coming:
            left.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
    for other in [other for other in running if other is not winner]:
        running.remove(other)
        await other.end()
    return winner, one.result()


def _took(piece: object) -> Took | None:
    """What the engine tells at the end of its work."""
    match piece:
        case Ended(usage=usage):
            return Took(
                read_tokens=usage.prompt - usage.cached,
                read_seconds=usage.prompt_seconds,
                written_tokens=usage.completion,
                written_seconds=usage.completion_seconds,
            )
        case Stopped():
            return Took(
                read_tokens=piece.prompt_tokens - piece.cached_tokens,
                read_seconds=piece.prompt_seconds,
                written_tokens=piece.tokens,
                written_seconds=piece.seconds,
            )
        case _:
            return None

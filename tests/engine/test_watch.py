"""An engine that hangs is told from one that is slow."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assistant.engine.errors import EngineInterruptedError, EngineUnavailableError
from assistant.engine.state import EngineState
from assistant.engine.watch import Patience, watched

HASTY = Patience(silence_seconds=0.01, most_silences=2, longest_seconds=0.2)


async def pieces(*texts: str, then: float = 0.0) -> AsyncGenerator[str, None]:
    for text in texts:
        yield text
    await asyncio.sleep(then)


async def well() -> EngineState:
    return "ready"


async def silent() -> EngineState:
    return "starting"


async def test_pieces_pass_as_they_come() -> None:
    assert [one async for one in watched(pieces("a", "b"), state=silent, patience=HASTY)] == ["a", "b"]


async def test_a_slow_engine_that_says_it_is_well_is_waited_for() -> None:
    assert [one async for one in watched(pieces("a", then=0.1), state=well, patience=HASTY)] == ["a"]


async def test_an_engine_that_says_nothing_at_all_hangs() -> None:
    with pytest.raises(EngineInterruptedError):
        async for _ in watched(pieces("a", then=60), state=silent, patience=HASTY):
            pass


async def test_one_that_hung_from_the_start_is_away() -> None:
    with pytest.raises(EngineUnavailableError):
        async for _ in watched(pieces(then=60), state=silent, patience=HASTY):
            pass


async def test_nobody_is_waited_for_without_end() -> None:
    with pytest.raises(EngineInterruptedError):
        async for _ in watched(pieces("a", then=60), state=well, patience=HASTY):
            pass


async def test_leaving_closes_the_source() -> None:
    source = pieces("a", then=60)
    stream = watched(source, state=well, patience=HASTY)

    await anext(stream)
    await stream.aclose()

    with pytest.raises(StopAsyncIteration):
        await anext(source)

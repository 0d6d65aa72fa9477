"""Time that passes only while everybody waits: hours of waiting in a moment, and the same each time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Told = TypeVar("Told")


class _Instant(selectors.SelectSelector):
    """Waits for nothing: the time that was to be waited has passed."""

    passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed_seconds += timeout or 0.0
        return super().select(0 if timeout is not None else None)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.passed_seconds


def lived(story: Coroutine[Any, Any, Told]) -> Told:
    """What the story comes to."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(story)

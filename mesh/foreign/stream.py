"""Reads one streamed answer of an engine of another make: when it begins, how fast it comes, whether it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

SILENCE_SECONDS: Final = 2.0
"""After this the engine is asked how it is: such an engine does not say so by itself while it reads a prompt."""
MOST_SILENCES: Final = 2
"""Times in a row that it may not answer."""
LONGEST_SECONDS: Final = 900.0

Event = dict[str, Any]


class SilentError(Exception):
    """The engine says nothing more, neither in its answer nor when it is asked."""


@dataclass(slots=True)
class Pace:
    """What one answer tells of the engine's speed."""

    begun_at: float
    first_at: float = 0.0
    last_at: float = 0.0
    words: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0

    def note(self, event: Event) -> None:
        """One more event came."""
        if has_words(event):
            self.last_at = time.monotonic()
            self.first_at = self.first_at or self.last_at
            self.words += 1
        usage = event.get("usage")
        if isinstance(usage, dict):
            self.prompt_tokens = _count(usage.get("prompt_tokens"))
            self.output_tokens = _count(usage.get("completion_tokens"))

    @property
    def first_seconds(self) -> float:
        """Time to the first word."""
        return self.first_at - self.begun_at if self.first_at else 0.0

    @property
    def writing_seconds(self) -> float:
        """Time from the first word to the last."""
        return self.last_at - self.first_at

    @property
    def written(self) -> int:
        """Tokens after the first."""
        return max(0, (self.output_tokens or self.words) - 1)


def has_words(event: Event) -> bool:
    """Whether this event brings something of an answer; some engines tell the role before they have read anything."""
    for choice in event.get("choices") or ():
        if not isinstance(choice, dict):
            continue
        delta = choice.get("delta") or {}
        if choice.get("text") or choice.get("finish_reason"):
            return True
        if isinstance(delta, dict) and any(
            delta.get(name) for name in ("content", "tool_calls", "reasoning_content", "reasoning", "refusal")
        ):
            return True
    return False


def has_end(event: Event) -> bool:
    """Whether the engine says that its answer ends here."""
    return any(isinstance(one, dict) and one.get("finish_reason") for one in event.get("choices") or ())


async def kept_watch(
    events: AsyncGenerator[Event | None, None], is_well: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[Event | None, None]:
    """The events as they come, closed at the end; raises SilentError where the engine hangs."""
    async with aclosing(events):
        while True:
            coming = asyncio.ensure_future(anext(events, _OVER))
            try:
                await _come(coming, is_well)
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            event = coming.result()
            if event is _OVER:
                return
            yield event


async def _come(coming: "asyncio.Future[Event | None]", is_well: Callable[[], Awaitable[bool]]) -> None:
    silences, waited = 0, 0.0
    while not (await asyncio.wait({coming}, timeout=SILENCE_SECONDS))[0]:
        waited += SILENCE_SECONDS
        silences = 0 if await is_well() else silences + 1
        if silences >= MOST_SILENCES or waited >= LONGEST_SECONDS:
            raise SilentError


_OVER: Event = {}


def _count(told: object) -> int:
    return told if isinstance(told, int) and told >= 0 else 0

"""What Ollama's programs wish about memory: a model loaded by a request without a question, and let go by one."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Final

from fastapi import Request

from assistant.api.callers import Caller
from assistant.api.gone import unless_gone
from assistant.api.ollama.told import Shape, loaded
from assistant.clock import Clock
from assistant.engine.errors import EngineError
from assistant.errors import AssistantError
from assistant.generation.models import ModelCard, Models
from assistant.generation.writer import spoken
from assistant.household_errors import NotTheOwnerError

Json = dict[str, Any]
_ZERO: Final = re.compile(r"\s*[-+]?0*\.?0*(ns|us|µs|ms|s|m|h)?\s*")
_ELSEWHERE: Final = "This model does not lie in this box's memory. It is asked where it can be computed."


def ends_at_once(keep_alive: str | float | None) -> bool:
    """Whether a model is to leave memory as soon as it is not used."""
    if keep_alive is None:
        return False
    if isinstance(keep_alive, str):
        return bool(keep_alive.strip()) and _ZERO.fullmatch(keep_alive) is not None
    return keep_alive == 0


class Wishes:
    """Brings models into memory and lets them go, as programs ask with nothing to say."""

    def __init__(self, models: Models, clock: Clock) -> None:
        self._models = models
        self._clock = clock

    async def met(self, request: Request, shape: Shape, card: ModelCard, caller: Caller, *, leaves: bool) -> Json:
        """The answer to a request without a question, once the model is loaded or, where it `leaves`, let go.

        Only the owner lets a model go. Raises `AssistantError`.
        """
        began = self._clock.monotonic()
        try:
            if leaves:
                _refuse_others(caller)
                if not card.is_foreign:
                    await self._models.unload(card)
            elif card.is_foreign or not card.context_tokens:
                told = loaded(shape, card.name, self._clock.now(), reason="stop")
                return {**told, "hearth": {"loaded": False, "message": _ELSEWHERE}}
            else:
                await unless_gone(request, self._models.load(card))
        except EngineError as error:
            raise spoken(error) from error
        took = round((self._clock.monotonic() - began) * 1e9)
        told = loaded(shape, card.name, self._clock.now(), reason="unload" if leaves else "load")
        return {**told, "total_duration": took, "load_duration": 0 if leaves else took}

    async def then_let_go(
        self, lines: AsyncGenerator[str, None], card: ModelCard, caller: Caller
    ) -> AsyncGenerator[str, None]:
        """The same lines, and then `let_go`."""
        async with aclosing(lines):
            async for line in lines:
                yield line
        await self.let_go(card, caller)

    async def let_go(self, card: ModelCard, caller: Caller) -> None:
        """Let the model of an answer leave memory, where the caller may wish it and nobody else uses it."""
        if not card.is_foreign and _may(caller):
            with suppress(AssistantError, EngineError):  # the answer is whole; what is in memory, /api/ps tells
                await self._models.unload(card)


def _may(caller: Caller) -> bool:
    return caller.person is None or caller.person.role == "owner"


def _refuse_others(caller: Caller) -> None:
    if not _may(caller):
        raise NotTheOwnerError

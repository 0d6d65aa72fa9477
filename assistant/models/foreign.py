"""The models that engines of other makes have, as the mesh tells of them; they are asked by name and not kept here."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from assistant.clock import Clock
from assistant.errors import MeshAwayError, MeshRefusedError
from assistant.generation.models import ModelCard

LOOK_SECONDS: Final = 3.0
Ask = Callable[[], Awaitable[dict[str, Any]]]


class ForeignModel(BaseModel):
    """A model of such an engine."""

    name: str
    digest: str


class ForeignEngine(BaseModel):
    """An engine of another make."""

    name: str
    problem: str = ""
    may_read_files: bool = False
    models: tuple[ForeignModel, ...] = ()


class _Told(BaseModel):
    engines: tuple[ForeignEngine, ...] = ()


class ForeignModels:
    """What they have now, looked at again and again."""

    def __init__(self, ask: Ask, *, clock: Clock) -> None:
        """`ask` asks the mesh for its engines of other makes."""
        self.engines: tuple[ForeignEngine, ...] = ()
        self._ask = ask
        self._clock = clock

    def cards(self) -> Sequence[ModelCard]:
        """A card a name, with the engines that have it."""
        by_name: dict[str, tuple[ForeignModel, list[str]]] = {}
        for engine in self.engines:
            for model in engine.models:
                by_name.setdefault(model.name.casefold(), (model, []))[1].append(engine.name)
        return [
            ModelCard(
                name=model.name,
                kind="chat",
                file=Path(),
                context_tokens=0,
                size_bytes=0,
                changed_at=self._clock.now(),
                digest=model.digest,
                engines=tuple(engines),
            )
            for model, engines in by_name.values()
        ]

    async def refresh(self) -> None:
        """Look now; what a mesh that is away had last stays listed."""
        try:
            self.engines = _Told.model_validate(await self._ask()).engines
        except (MeshAwayError, MeshRefusedError, ValidationError):
            return

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(LOOK_SECONDS)

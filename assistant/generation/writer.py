"""The one way from a translated request to what a model writes: the right model, a turn in the line, the engine."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from assistant.answers import Answers
from assistant.clock import Clock
from assistant.engine import chat_wire
from assistant.engine.errors import (
    EngineContextError,
    EngineError,
    EngineNoRoomError,
    EngineRefusedError,
    EngineUnavailableError,
    EngineUnfitError,
)
from assistant.engine.mesh import Mesh, Place
from assistant.engine.place import Computed
from assistant.errors import AssistantError
from assistant.generation import files, foreign, plain
from assistant.generation.errors import EngineAwayError, EngineBrokeOffError, PromptTooLongError, UnfitRequestError
from assistant.generation.events import Begun, Ended, Happening
from assistant.generation.models import ModelCard, Models, named
from assistant.generation.placed import placed_writing
from assistant.generation.queue import FairQueue
from assistant.generation.quoting import quoted
from assistant.generation.request import Asker, Generation
from assistant.generation.waiting import once_ready
from assistant.models.errors import ModelTooLargeError, UnfitModelError
from assistant.nodes import with_names


class Writer:
    """Serves every dialect alike."""

    def __init__(
        self,
        *,
        models: Models,
        queue: FairQueue,
        counting: FairQueue,
        answers: Answers,
        clock: Clock,
        ready_seconds: float = 60.0,
        mesh: Mesh | None = None,
    ) -> None:
        """Whoever has something written waits in `queue`, whoever only has it counted in `counting`."""
        self.models = models
        self._queue = queue
        self._counting = counting
        self._answers = answers
        self._clock = clock
        self._ready_seconds = ready_seconds
        self._mesh = mesh

    async def stream(self, generation: Generation, asker: Asker) -> AsyncGenerator[Happening, None]:
        """What happens until the answer ends, with `Ended` last. Closing it stops the engine's work.

        Raises `ModelNotFoundError`, `PromptTooLongError`, `UnfitRequestError`, `QueueFullError`, `EngineAwayError`, and
        `EngineBrokeOffError` where the answer broke off.
        """
        card = named(self.models, generation.model, "chat", "files")
        if card.kind == "files":
            happenings = files.answered(self._answers, generation, asker)
        else:
            happenings = self._written(card, generation, asker)
        try:
            async with aclosing(happenings):
                async for happening in happenings:
                    yield happening
        except EngineError as error:
            raise spoken(error) from error

    async def count(self, generation: Generation, asker: Asker) -> int:
        """Tokens of the prompt that the request would make; nothing is written.

        Raises what `stream` raises before the first happening.
        """
        card = named(self.models, generation.model, "chat", "files")
        if card.is_foreign:
            raise UnfitRequestError(
                "model", f"The engine that has “{card.name}” cannot count tokens without answering."
            )

        async def start() -> AsyncGenerator[int, None]:
            if card.kind == "files":
                yield await files.counted(self._answers, generation, asker)
                return
            async with self.models.opened(card) as engine:
                prompt = await plain.prompt_of(engine, generation)
                yield await engine.count(prompt) if isinstance(prompt, str) else len(prompt)

        try:
            async with self._counting.turn(asker.line):
                counts = once_ready(start, patience_seconds=self._ready_seconds, clock=self._clock)
                async with aclosing(counts):
                    return await anext(counts)
        except EngineError as error:
            raise spoken(error) from error

    async def _written(self, card: ModelCard, generation: Generation, asker: Asker) -> AsyncGenerator[Happening, None]:
        """As it was asked for; where no box can hold the model, by a smaller one, if the program can be told so."""
        try:
            async with aclosing(self._placed(card, generation, asker)) as happenings:
                async for happening in happenings:
                    yield happening
            return
        except EngineNoRoomError as error:
            smaller = self._smaller(card)
            if not (generation.takes_another and error.others and smaller):
                raise
            refusal = error
        told = Computed(
            node_id="",
            name="this box",
            is_here=True,
            reason=f"“{smaller.name}” answered in place of “{card.name}”. {self._named(str(refusal))}",
        )
        async with aclosing(self._in_turn(smaller, generation, asker)) as happenings:
            async for happening in happenings:
                match happening:
                    case Begun():
                        yield replace(happening, model=smaller.name)
                    case Ended():
                        yield replace(happening, computed_on=told)
                    case _:
                        yield happening

    def _named(self, told: str) -> str:
        return with_names(told, {one.digest: one.name for one in self.models.cards() if one.kind == "chat"})

    def _smaller(self, card: ModelCard) -> ModelCard | None:
        """The largest model that this box can hold, of those that are smaller."""
        fit = [one for one in self.models.cards() if one.kind == "chat" and one.context_tokens]
        return max(
            (one for one in fit if one.size_bytes < card.size_bytes), key=lambda one: one.size_bytes, default=None
        )

    async def _placed(self, card: ModelCard, generation: Generation, asker: Asker) -> AsyncGenerator[Happening, None]:
        """In this box's line, or on the node of the mesh where it is done sooner; its end tells where."""

        places: list[Computed] = []

        def note(computed: Computed) -> None:
            places.append(computed)
            asker.on_place(computed)

        if self._mesh is None:
            happenings = self._in_turn(card, generation, asker)
        else:
            happenings = placed_writing(
                self._mesh,
                generation,
                card=card,
                line=asker.line,
                here=lambda is_patient: self._in_turn(card, generation, asker, is_patient=is_patient),
                there=partial(_elsewhere, self._mesh, generation),
                on_place=note,
            )
        async with aclosing(happenings):
            async for happening in happenings:
                if isinstance(happening, Ended) and places:
                    yield replace(happening, computed_on=places[-1])
                else:
                    yield happening

    async def _in_turn(
        self, card: ModelCard, generation: Generation, asker: Asker, *, is_patient: bool = True
    ) -> AsyncGenerator[Happening, None]:
        if card.is_foreign:
            raise EngineUnavailableError(chat_wire.UNAVAILABLE)

        async def start() -> AsyncGenerator[Happening, None]:
            # An engine that was started again has to be asked for the model again.
            async with self.models.opened(card) as engine, aclosing(plain.written(engine, generation)) as written:
                async for happening in written:
                    yield happening

        async with self._queue.turn(asker.line, model=card.name, limit=card.slots):
            ready_seconds = self._ready_seconds if is_patient else 0.0
            happenings = once_ready(start, patience_seconds=ready_seconds, clock=self._clock)
            if generation.documents:
                happenings = quoted(happenings, generation)
            async with aclosing(happenings):
                async for happening in happenings:
                    yield happening


def _elsewhere(mesh: Mesh, generation: Generation, place: Place) -> AsyncGenerator[Happening, None]:
    if place.is_foreign:
        written = foreign.written(mesh.chat(place), generation)
    else:
        written = plain.written(mesh.completion(place), generation)
    return quoted(written, generation) if generation.documents else written


def spoken(error: EngineError) -> AssistantError:
    """An error of the engine as one that is told to the one who asked."""
    match error:
        case EngineContextError():
            return PromptTooLongError(prompt_tokens=error.prompt_tokens, context_tokens=error.context_tokens)
        case EngineNoRoomError():
            return ModelTooLargeError(str(error))
        case EngineUnfitError():
            return UnfitModelError(str(error))
        case EngineRefusedError():
            return UnfitRequestError("request", str(error))
        case EngineUnavailableError():
            return EngineAwayError(str(error))
        case _:
            return EngineBrokeOffError(str(error))

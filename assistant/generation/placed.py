"""Runs each request where it is done soonest: before the first word a failure moves it once, after it never."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, Protocol

from assistant.engine.client import CAREFUL, EngineState
from assistant.engine.errors import EngineUnavailableError
from assistant.engine.mesh import Mesh, Place, Work
from assistant.engine.message import Message
from assistant.engine.place import OnPlace, untold
from assistant.engine.sampling import Sampling
from assistant.generation import foreign
from assistant.generation.attempts import Attempt, Piece, raced
from assistant.generation.events import Happening
from assistant.generation.models import ModelCard
from assistant.generation.request import Generation

CHARACTERS_A_TOKEN: Final = 4
ASSUMED_OUTPUT_TOKENS: Final = 256
"""What a program without a limit is expected to get."""

Here = Callable[[bool], AsyncGenerator[Piece, None]]
"""Runs it on this box; told whether to wait for an engine that is away, as nobody else could do it."""


class HereEngine(Protocol):
    """The `Engine` of this box, which may be asked not to wait for a server that is being started again."""

    async def state(self) -> EngineState:
        """See `Engine.state`."""
        ...

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        is_patient: bool = True,
    ) -> AsyncGenerator[str, None]:
        """See `Engine.complete`."""
        ...


async def placed(
    mesh: Mesh,
    work: Work,
    *,
    here: Here[Piece],
    there: Callable[[Place], AsyncGenerator[Piece, None]],
    on_place: OnPlace,
) -> AsyncGenerator[Piece, None]:
    """The pieces from wherever the mesh says; retried once on another node before the first piece, never after it.

    Where that node has to load the model and its first word is overdue, another one is asked beside it. Where no other
    node can do what this box has failed to, this one waits for its engine.
    """
    asked: set[str] = set()
    has_begun = False

    def attempt(place: Place) -> Attempt[Piece]:
        return Attempt(mesh, work, place, here=partial(here, bool(asked) or not place.lease), there=there)

    async def second(place: Place) -> Attempt[Piece] | None:
        if asked:
            return None  # it has been moved once already
        other = await mesh.placed(work, {_node(place)}, beside=place.lease)
        if not other.lease or other.is_split:
            return None
        asked.add(_node(place))
        return attempt(other)

    while True:
        place = await mesh.placed(work, asked)
        pieces = raced(attempt(place), partial(second, place))
        try:
            async with aclosing(pieces):
                async for computed, piece in pieces:
                    if not has_begun and computed is not None:
                        on_place(computed)
                    has_begun = True
                    yield piece
            return
        except EngineUnavailableError:
            if has_begun or asked or place.computed is None:
                raise
            asked.add(_node(place))


class PlacedEngine:
    """An `Engine` that is the whole mesh; alone, it is the one of this box."""

    def __init__(self, *, here: HereEngine, mesh: Mesh, digest: Callable[[], str], model: Callable[[], str]) -> None:
        """`digest` is that of the model that answers now, `model` its name."""
        self._here = here
        self._mesh = mesh
        self._digest = digest
        self._model = model

    async def state(self) -> EngineState:
        """Whether this box can serve now; never raises."""
        return await self._here.state()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        on_place: OnPlace = untold,
        stays_here: bool = False,
    ) -> AsyncGenerator[str, None]:
        """See `Engine.complete`."""
        work = Work(
            digest=self._digest(),
            prompt_tokens=_tokens(sum(len(message.text) for message in messages)),
            output_tokens=max_tokens,
            stays_here=stays_here,
            conversation=_conversation(line, next((one.text for one in messages if one.role == "user"), "")),
            model=self._model(),
            holds_files=True,
        )

        def here(is_patient: bool) -> AsyncGenerator[str, None]:
            return self._here.complete(
                messages, max_tokens=max_tokens, sampling=sampling, line=line, is_patient=is_patient
            )

        def there(place: Place) -> AsyncGenerator[str, None]:
            if place.is_foreign:
                return foreign.words(self._mesh.chat(place), messages, max_tokens=max_tokens, sampling=sampling)
            return self._mesh.server(place).complete(messages, max_tokens=max_tokens, sampling=sampling)

        async with aclosing(placed(self._mesh, work, here=here, there=there, on_place=on_place)) as pieces:
            async for piece in pieces:
                yield piece


async def placed_writing(
    mesh: Mesh,
    generation: Generation,
    *,
    card: ModelCard,
    line: str,
    here: Here[Happening],
    there: Callable[[Place], AsyncGenerator[Happening, None]],
    on_place: OnPlace,
) -> AsyncGenerator[Happening, None]:
    """What a model writes for a program, wherever the mesh says."""
    first = next((one.text for one in generation.said if one.role == "user"), "")
    work = Work(
        digest=card.digest,
        prompt_tokens=_prompt_tokens(generation),
        output_tokens=generation.max_tokens or ASSUMED_OUTPUT_TOKENS,
        conversation=_conversation(line, first),
        model=card.name,
    )
    happenings = placed(mesh, work, here=here, there=there, on_place=on_place)
    async with aclosing(happenings):
        async for happening in happenings:
            yield happening


def _node(place: Place) -> str:
    return place.computed.node_id if place.computed else ""


def _prompt_tokens(generation: Generation) -> int:
    match generation.prompt:
        case tuple():
            return len(generation.prompt)
        case str():
            return _tokens(len(generation.prompt))
        case None:
            return _tokens(sum(len(one.text) for one in generation.said))


def _tokens(characters: int) -> int:
    return max(1, characters // CHARACTERS_A_TOKEN)


def _conversation(line: str, first: str) -> str:
    """Names requests that share the beginning of their prompts, without telling what stands there."""
    return hashlib.sha256(f"{line}\0{first[:200]}".encode("utf-8", "replace")).hexdigest()[:32] if first else ""

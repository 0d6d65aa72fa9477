"""The models of this house as programs see them, and the engine's door to each: the product's own, and the owner's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from assistant.engine.completion import TextEngine
from assistant.engine.errors import EngineUnavailableError
from assistant.engine.leases import Leases, Told
from assistant.generation.errors import ModelElsewhereError
from assistant.generation.models import FILES, InMemory, ModelCard
from assistant.models.errors import ModelInUseError, ModelStaysError
from assistant.models.facts import ModelFacts
from assistant.models.fit import Seat
from assistant.models.shelf import Known, ModelShelf

SeatOf = Callable[[ModelFacts], Seat | None]


class HouseModels:
    """The `Models` of a box whose owner may bring more of them."""

    def __init__(
        self,
        *,
        shelf: ModelShelf,
        shipped: ModelCard,
        embedding: ModelCard | None,
        leases: Leases,
        seat_of: SeatOf,
        elsewhere: Callable[[], Sequence[ModelCard]] = tuple,
    ) -> None:
        """`seat_of` says how a model is run here, or nothing where it does not fit; `elsewhere` is what others have."""
        self._elsewhere = elsewhere
        self.shelf = shelf
        self.shipped = shipped
        self._embedding = embedding
        self._leases = leases
        self._seat_of = seat_of

    @property
    def chosen(self) -> ModelCard:
        """The model that answers from the files."""
        known = self.shelf.find(self.shelf.chosen)
        return self.shipped if known is None else self._card(known)

    def cards(self) -> Sequence[ModelCard]:
        """See `Models.cards`: the virtual one, the one behind it, the rest."""
        chosen = self.chosen
        virtual = replace(chosen, name=FILES, kind="files", parent=chosen.name)
        others = [self.shipped, *map(self._card, self.shelf.all())]
        rest = [card for card in others if card.name != chosen.name]
        here = (virtual, chosen, *rest, *((self._embedding,) if self._embedding else ()))
        known = {card.name.casefold() for card in here}
        return (*here, *(card for card in self._elsewhere() if card.name.casefold() not in known))

    async def loaded(self) -> Sequence[InMemory]:
        """See `Models.loaded`; of names that share a file, the first."""
        told = await self.told()
        if told is None:
            return ()
        cards = [card for card in self.cards() if card.kind == "chat" and not card.is_foreign]
        by_file = {card.file.name: card for card in reversed(cards)}
        return tuple(
            InMemory(
                card=by_file[one.name],
                context_tokens=one.context_tokens,
                used_bytes=one.used_bytes,
                graphics_bytes=one.graphics_bytes,
                leaves_in_seconds=max(0.0, told.idle_limit_seconds - one.idle_seconds),
            )
            for one in told.kept
            if one.ready and one.name in by_file
        )

    @asynccontextmanager
    async def opened(self, card: ModelCard) -> AsyncIterator[TextEngine]:
        """See `Models.opened`."""
        _refuse_foreign(card)
        async with self._leases.opened(card.file.name) as engine:
            yield engine

    async def told(self) -> Told | None:
        """What the engine says of itself; nothing where it is away."""
        try:
            return await self._leases.told()
        except EngineUnavailableError:
            return None

    async def load(self, card: ModelCard) -> None:
        """Bring a model into memory; raises `EngineError`."""
        _refuse_foreign(card)
        async with self._leases.held(card.file.name):
            pass

    async def unload(self, card: ModelCard) -> None:
        """Let a model go; raises `ModelInUseError` or `EngineUnavailableError`."""
        _refuse_foreign(card)
        if not await self._leases.unload(card.file.name):
            raise ModelInUseError(card.name)

    async def delete(self, card: ModelCard) -> None:
        """Delete a model that the owner brought; raises `ModelStaysError`, `ModelInUseError`."""
        _refuse_foreign(card)
        known = self.shelf.find(card.name)
        if known is None:
            raise ModelStaysError(card.name)
        shared = [one for one in self.shelf.all() if one.owned.sha256 == known.owned.sha256]
        if len(shared) == 1:
            await self.unload(card)
        await asyncio.to_thread(self.shelf.remove, known)

    def _card(self, known: Known) -> ModelCard:
        seat = self._seat_of(known.facts)
        return ModelCard(
            name=known.owned.name,
            kind="chat",
            file=self.shelf.path(known.owned),
            context_tokens=seat.context_tokens if seat else 0,
            slots=seat.slots if seat else 0,
            size_bytes=known.owned.size_bytes,
            changed_at=datetime.fromtimestamp(int(known.owned.added_at), UTC),
            digest=known.owned.sha256,
            metadata=known.metadata,
            license=known.owned.licence,
        )


def _refuse_foreign(card: ModelCard) -> None:
    if card.is_foreign:
        raise ModelElsewhereError(card.name, card.engines)

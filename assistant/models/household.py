"""All that the routes of models need, in one hand: what is here, what comes, who answers, and what would fit."""

from dataclasses import dataclass, replace

from assistant.engine.graphics import GraphicsTold
from assistant.engine.leases import Told
from assistant.generation.models import ModelCard
from assistant.models.choice import Choice
from assistant.models.downloads import Downloads
from assistant.models.elsewhere import OtherNodes
from assistant.models.facts import ModelFacts
from assistant.models.fit import Fit, Room, Speed, fit
from assistant.models.foreign import ForeignModels
from assistant.models.house import HouseModels
from assistant.models.imports import Imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The models of one box."""

    models: HouseModels
    downloads: Downloads
    imports: Imports
    choice: Choice
    foreign: ForeignModels
    """What engines of other makes have."""
    others: OtherNodes
    """What other nodes have, to be copied."""
    shipped_facts: ModelFacts
    room: Room
    context_tokens: int
    """What the profile gives one conversation."""
    slots: int
    longest_tokens: int = 0
    """What one conversation of a model that does not come with Hearth may hold, where memory allows it."""

    def fit(self, facts: ModelFacts, told: Told | None) -> Fit:
        """How a model would run here, by what the engine tells of itself."""
        room = with_graphics(self.room, told.graphics if told else None)
        return fit(
            facts,
            room,
            self.speed(told),
            context_tokens=self.context_tokens,
            slots=self.slots,
            longest_tokens=0 if facts is self.shipped_facts else self.longest_tokens,
        )

    def speed(self, told: Told | None) -> Speed | None:
        """What was measured on this box, if it was."""
        if told is None or told.measured is None:
            return None
        return Speed(
            writing_bytes_per_second=float(told.measured["writing_bytes_per_second"]),
            reading_parameters_per_second=float(told.measured["reading_parameters_per_second"]),
            place="graphics" if told.measured.get("on_graphics") else "memory",
        )

    async def delete(self, card: ModelCard) -> None:
        """Delete a model; where it was the one that answers, the product's own does from now on."""
        was_chosen = self.models.chosen.name == card.name
        await self.models.delete(card)
        if was_chosen:
            await self.choice.dismiss()


def with_graphics(room: Room, told: GraphicsTold | None) -> Room:
    """The room for models with what the engine tells of the graphics card."""
    if told is None or not told.memory_bytes:
        return room
    return replace(room, graphics_bytes=told.memory_bytes, shared=told.shared)

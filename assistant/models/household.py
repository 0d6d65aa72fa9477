"""All that the routes of models need, in one hand: what is here, what comes, who answers, and what would fit."""

from dataclasses import dataclass

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

    def fit(self, facts: ModelFacts, speed: Speed | None) -> Fit:
        """How a model would run here."""
        return fit(facts, self.room, speed, context_tokens=self.context_tokens, slots=self.slots)

    def speed(self, told: Told | None) -> Speed | None:
        """What was measured on this box, if it was."""
        if told is None or told.measured is None:
            return None
        return Speed(
            writing_bytes_per_second=float(told.measured["writing_bytes_per_second"]),
            reading_parameters_per_second=float(told.measured["reading_parameters_per_second"]),
        )

    async def delete(self, card: ModelCard) -> None:
        """Delete a model; where it was the one that answers, the product's own does from now on."""
        was_chosen = self.models.chosen.name == card.name
        await self.models.delete(card)
        if was_chosen:
            await self.choice.dismiss()

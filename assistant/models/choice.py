"""Which model answers from the files: the owner's choice, with what follows from it for the prompts."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from assistant.answers import Answers, AnswerSettings
from assistant.engine.binding import Tokenizer
from assistant.generation.errors import ModelElsewhereError
from assistant.generation.models import ModelCard
from assistant.models.errors import ModelTooLargeError, UnfitModelError
from assistant.models.house import HouseModels

_ABLE_PARAMETERS: Final = 1_000_000_000
"""From here on a model can tell numbered passages apart, and more of them help it."""


class Choice:
    """Settles the answers on a model."""

    def __init__(self, *, models: HouseModels, answers: Answers, tokenizer_of: Callable[[Path], Tokenizer]) -> None:
        self._models = models
        self._answers = answers
        self._tokenizer_of = tokenizer_of

    async def choose(self, card: ModelCard) -> None:
        """Let this model answer from now on; raises `UnfitModelError` or `ModelTooLargeError`."""
        if card.is_foreign:
            raise ModelElsewhereError(card.name, card.engines)
        if not card.context_tokens:
            message = (
                f"The model “{card.name}” does not fit into this box's memory, so it cannot answer from your files."
            )
            raise ModelTooLargeError(message)
        if card.name != self._models.shipped.name and "tokenizer.chat_template" not in card.metadata:
            message = f"The model “{card.name}” does not say how a conversation is written, so it cannot answer here."
            raise UnfitModelError(message)
        tokenizer = await asyncio.to_thread(self._tokenizer_of, card.file)
        own = self._models.shelf.find(card.name)
        await asyncio.to_thread(self._models.shelf.choose, "" if own is None else card.name)
        self._settle(card, tokenizer)

    async def settle(self) -> None:
        """Take up the choice that was made before the last stop."""
        card = self._models.chosen
        if card.name != self._models.shipped.name and card.context_tokens:
            self._settle(card, await asyncio.to_thread(self._tokenizer_of, card.file))

    async def dismiss(self) -> None:
        """Answer with the model that came with the product; what was chosen is gone."""
        await self.choose(self._models.shipped)

    def _settle(self, card: ModelCard, tokenizer: Tokenizer) -> None:
        own = self._models.shelf.find(card.name)
        able = own is not None and own.facts.parameters >= _ABLE_PARAMETERS
        settings = AnswerSettings(
            context_tokens=card.context_tokens,
            numbered_passages=able,
            most_passages=6 if able else AnswerSettings().most_passages,
            answer_tokens=400 if able else AnswerSettings().answer_tokens,
        )
        self._answers.settle(tokenizer=tokenizer, settings=settings)

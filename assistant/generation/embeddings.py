"""Texts as vectors for programs: from the same process that embeds the library, never cut unasked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.embedding.client import Embedder
from assistant.embedding.counting import TOKENS, TokenCounter
from assistant.generation.errors import UnfitRequestError
from assistant.generation.models import EMBEDDING, Models, named
from assistant.generation.queue import FairQueue

_BATCH: Final = 16
"""Texts that are handed over at once, so that questions of others get in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """One row of unit length a text, and the tokens that were read."""

    vectors: NDArray[numpy.float32]
    tokens: int


class Embeddings:
    """Embeds what programs send."""

    def __init__(self, *, models: Models, embedder: Embedder, counter: TokenCounter, queue: FairQueue) -> None:
        """`queue` is where programs wait for each other, batch by batch."""
        self._models = models
        self._queue = queue
        self._embedder = embedder
        self._counter = counter

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        *,
        line: str,
        dimensions: int | None = None,
        may_cut: bool = False,
    ) -> Embedded:
        """The vectors, for whoever waits in this line; `may_cut` lets a long text be represented by its beginning.

        Raises `ModelNotFoundError`, `UnfitRequestError`, `QueueFullError` or `EmbedderUnavailableError`.
        """
        named(self._models, model, "embedding")
        counts = self._counter.counts(texts)
        for number, count in enumerate(counts, start=1):
            if count > TOKENS and not may_cut:
                message = (
                    f"Text {number} of {len(counts)} is {count} tokens long, and {EMBEDDING} reads {TOKENS} of a text. "
                    "Send it in shorter pieces."
                )
                raise UnfitRequestError("input", message)
        rows = []
        for at in range(0, len(texts), _BATCH):
            async with self._queue.turn(line, goes_on=at > 0):
                rows.append(await self._embedder.embed(texts[at : at + _BATCH]))
        vectors = numpy.concatenate(rows)
        if dimensions is not None and dimensions != vectors.shape[1]:
            message = f"{EMBEDDING} gives {vectors.shape[1]} dimensions and no other number of them."
            raise UnfitRequestError("dimensions", message)
        return Embedded(vectors=vectors, tokens=sum(min(count, TOKENS) for count in counts))

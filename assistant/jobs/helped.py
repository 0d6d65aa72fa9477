"""The meaning of a large file as a job: another node computes its vectors, this box fences, checks and keeps them."""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.embedding.client import Embedder
from assistant.embedding.helpers import HelperNode, Helpers
from assistant.errors import HelpEndedError
from assistant.identifiers import DocumentId, ShelfId
from assistant.jobs.errors import StaleLeaseError
from assistant.jobs.records import Also, JobRecords
from assistant.jobs.rows import Lease
from assistant.likeness import likenesses

log = logging.getLogger(__name__)

LEAST_PASSAGES: Final = 48
"""For fewer it is not worth a node's while."""
LEAST_LIKENESS: Final = 0.98
"""Of a vector that another node computed to the same one computed here: processors round differently."""
_LENGTH_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A node that computes vectors of one file beside this box, by a lease."""

    lease: Lease
    node: HelperNode


class HelpedMeaning:
    """Finds help, and believes nothing that it brings before it was checked."""

    def __init__(
        self, *, records: JobRecords, helpers: Helpers, embedder: Embedder, may_leave: Callable[[ShelfId], bool]
    ) -> None:
        """`may_leave` says whether the words of a shelf may go to another node at all."""
        self._records = records
        self._helpers = helpers
        self._embedder = embedder
        self._may_leave = may_leave
        self._liars: set[str] = set()
        """Nodes whose vectors were wrong; they are asked no more until this box starts again."""

    async def begin(
        self, document: DocumentId, shelf: ShelfId, missing: int, without: frozenset[str] = frozenset()
    ) -> Help | None:
        """Help with a file that lacks so many vectors; None where this box does it itself."""
        if missing < LEAST_PASSAGES or not self._may_leave(shelf):
            return None
        node = await self._helpers.who(self._embedder.model, without | self._liars)
        if node is None:
            return None
        lease = self._records.begin_meaning(document, worker=node.name, total=missing)
        return None if lease is None else Help(lease=lease, node=node)

    async def vectors(self, help_: Help, shelf: ShelfId, texts: Sequence[str]) -> NDArray[numpy.float32]:
        """The next vectors, checked. Raises HelpEndedError where the help is over, for whatever reason."""
        try:
            is_over = self._records.held(help_.lease).state.end_is_wished
            if is_over or not self._may_leave(shelf):
                self._records.stop(help_.lease)
                raise HelpEndedError("The help was cancelled.")
            rows = await self._helpers.vectors(help_.node, self._embedder.model, texts)
            self._records.beat(help_.lease)
        except StaleLeaseError as error:
            raise HelpEndedError("The help was taken away.") from error
        sample = secrets.randbelow(len(texts))
        (own,) = await self._embedder.embed([texts[sample]])
        if not are_credible(rows, own, sample):
            self._liars.add(help_.node.node_id)
            log.warning("another node computed wrong vectors; it is asked no more")
            raise HelpEndedError(f"What “{help_.node.name}” computed was wrong, and was thrown away.")
        return rows

    def keep(self, help_: Help, count: int, also: Also) -> None:
        """Keep a batch and count its passages, or neither. Raises HelpEndedError."""
        try:
            self._records.advance(help_.lease, count, also)
        except StaleLeaseError as error:
            raise HelpEndedError("The help was taken away.") from error

    def counted(self, help_: Help, count: int) -> None:
        """This box has done so many of the file's passages itself meanwhile."""
        with suppress(StaleLeaseError):
            self._records.advance(help_.lease, count, lambda _connection: None)

    def ended(self, help_: Help, reason: str = "") -> None:
        """The file is done, or its help broke off for a reason; this box does the rest."""
        try:
            if reason:
                self._records.stop(help_.lease, f"{reason} This box does the rest.")
            else:
                self._records.finish(help_.lease)
        except StaleLeaseError:
            return


def are_credible(rows: NDArray[numpy.float32], own: NDArray[numpy.float32], sample: int) -> bool:
    """Whether rows are unit vectors of our model's size, and the sampled one is what we compute ourselves."""
    if rows.ndim != 2 or rows.shape[1] != own.shape[0] or not numpy.isfinite(rows).all():
        return False
    lengths = numpy.linalg.norm(rows, axis=1)
    return bool(
        (abs(lengths - 1) < _LENGTH_TOLERANCE).all() and likenesses(rows[sample : sample + 1], own)[0] >= LEAST_LIKENESS
    )

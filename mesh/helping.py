"""Owns the way of texts whose vectors another node wants to this node's assistant, which comes for them when idle.

The assistant asks for work and brings it back; nobody can push anything into it. One batch is under way at a time.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, Field

from mesh.errors import HelpRefusedError

POLL_SECONDS: Final = 2.0
"""For so long the assistant's question for work is held; a daemon that has to stop waits for it."""
FRESH_SECONDS: Final = 15.0
"""An assistant that asked longer ago is busy, or gone."""
BATCH_SECONDS: Final = 90.0
"""A batch that takes longer is given up."""
AWAKE_SECONDS: Final = 1.0
MOST_TEXTS: Final = 64
LONGEST_TEXT: Final = 20_000
LONGEST_ANSWER: Final = 1 << 20

Model = Annotated[str, Field(min_length=1, max_length=80)]


class HelpQuestion(BaseModel):
    """Texts whose vectors are wanted, of exactly this model."""

    model: Model
    texts: list[Annotated[str, Field(max_length=LONGEST_TEXT)]] = Field(min_length=1, max_length=MOST_TEXTS)


class Batch(BaseModel):
    """A batch as the assistant gets it."""

    number: int
    texts: list[str]


class HelpAnswer(BaseModel):
    """The vectors of a batch, row after row: float32, little-endian, in Base64."""

    vectors: str = Field(max_length=LONGEST_ANSWER)


@dataclass(slots=True)
class _UnderWay:
    batch: Batch
    answer: "asyncio.Future[HelpAnswer]"
    is_taken: bool = False


class Helping:
    """The desk between the mesh's port and the assistant."""

    def __init__(self, *, may_help: Callable[[], bool], monotonic: Callable[[], float]) -> None:
        """`may_help` says whether this node works for others at all."""
        self._may_help = may_help
        self._monotonic = monotonic
        self._model = ""
        self._asked_at = float("-inf")
        self._numbers = 0
        self._under_way: _UnderWay | None = None
        self._new = asyncio.Event()

    @property
    def model(self) -> str:
        """The model whose vectors this node would compute for others now; empty where it would not."""
        is_there = self._monotonic() - self._asked_at < FRESH_SECONDS
        return self._model if is_there and self._may_help() else ""

    async def next(self, model: str) -> Batch | None:
        """The assistant is idle and asks for work; None where there is none for a while.

        A batch that it had taken and never answered is lost: it was started again. Raises HelpRefusedError where this
        node helps nobody anyway, so that a box that is alone is left in peace.
        """
        if not self._may_help():
            raise HelpRefusedError
        self._model, self._asked_at = model, self._monotonic()
        if self._under_way is not None and self._under_way.is_taken:
            self._give_up(self._under_way)
        if self._under_way is None:
            self._new.clear()
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._new.wait()
            except TimeoutError:
                return None
            finally:
                self._asked_at = self._monotonic()
        if self._under_way is None or self._under_way.is_taken:
            return None
        self._under_way.is_taken = True
        return self._under_way.batch

    def answer(self, number: int, answer: HelpAnswer) -> bool:
        """The assistant brings a batch back; false where nobody waits for it any more."""
        one = self._under_way
        if one is None or one.batch.number != number or one.answer.done():
            return False
        one.answer.set_result(answer)
        return True

    def begin(self, asked: HelpQuestion) -> AsyncGenerator[bytes, None]:
        """The answer as it comes, blanks before it while it is computed; raises HelpRefusedError at once.

        Where the assistant dies or takes too long, the answer ends without any.
        """
        if self.model != asked.model or self._under_way is not None:
            raise HelpRefusedError
        self._numbers += 1
        batch = Batch(number=self._numbers, texts=asked.texts)
        one = _UnderWay(batch=batch, answer=asyncio.get_running_loop().create_future())
        self._under_way = one
        self._new.set()
        return self._told(one)

    async def _told(self, one: _UnderWay) -> AsyncGenerator[bytes, None]:
        deadline = self._monotonic() + BATCH_SECONDS
        try:
            yield b" "
            while not one.answer.done() and self._monotonic() < deadline:
                await asyncio.wait([one.answer], timeout=AWAKE_SECONDS)
                yield b" "
            if one.answer.done() and not one.answer.cancelled():
                yield one.answer.result().model_dump_json().encode()
        finally:
            self._give_up(one)

    def _give_up(self, one: _UnderWay) -> None:
        one.answer.cancel()
        if self._under_way is one:
            self._under_way = None

"""A text engine to direct: it says the next of its continuations to each step, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from assistant.engine.pieces import Piece, Stopped


@dataclass
class FakeTexts:
    """A `TextEngine` without a model."""

    steps: list[Sequence[str]] = field(default_factory=lambda: [("It is ", "blue.")])
    """The pieces of each step; the last is said again and again."""
    words: list[str] = field(default_factory=list)
    """The stop word that ends each step, empty for a natural end."""
    why: str = "eos"
    error: Exception | None = None
    """Raised in place of an end."""
    error_from: int = 0
    """The first step that ends with it."""
    refusal: Exception | None = None
    """Raised before the first piece."""
    hangs: bool = False
    asked: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    rendered: list[list[Mapping[str, str]]] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        self.rendered.append(list(messages))
        return "\n".join(f"{message['role']}: {message['content']}" for message in messages)

    async def count(self, text: str) -> int:
        return len(text.split())

    async def converse(
        self, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece | Stopped, None]:
        async with aclosing(self.extend(await self.render(messages), options)) as pieces:
            async for piece in pieces:
                yield piece

    async def extend(
        self, prompt: str | Sequence[int], options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece | Stopped, None]:
        step = len(self.asked)
        self.asked.append((prompt, dict(options)))
        if self.refusal is not None:
            raise self.refusal
        pieces = self.steps[min(step, len(self.steps) - 1)]
        try:
            for piece in pieces:
                chances = {"token": piece, "bytes": list(piece.encode()), "logprob": -0.5}
                told = ({**chances, "top_logprobs": [chances]},) if "n_probs" in options else ()
                yield Piece(text=piece, prompt_tokens=len(str(prompt).split()), probabilities=told)
            if self.error is not None and step >= self.error_from:
                raise self.error
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.stopped.set()
        word = self.words[step] if step < len(self.words) else ""
        yield Stopped(
            why="word" if word else self.why,
            word=word,
            prompt_tokens=len(str(prompt).split()),
            cached_tokens=0,
            tokens=len(pieces),
            prompt_seconds=0.1,
            seconds=0.2,
        )

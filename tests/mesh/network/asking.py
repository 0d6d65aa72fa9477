"""The assistant's own client asking a node's mesh and engines, as hearth-assistant does."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from assistant.engine.client import LlamaServer
from assistant.engine.completion import LlamaCompletion
from assistant.engine.mesh import MeshDaemon, Place, Work
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.place import Computed
from assistant.engine.watch import Patience
from assistant.generation.placed import placed
from tests.mesh.network.fake_engine import KEY
from tests.mesh.network.node import DIGEST, Node

BUSY_WITH = 8
BUSY_TOKENS = 2000
"""Requests that a busy node has, and how long each may become: what waits behind them outweighs the way to another
node, also where this one was measured by then, at hundreds of tokens a second, and the other one is still guessed."""


@dataclass
class Answer:
    """What came, from where, and how soon."""

    text: str = ""
    first_seconds: float = 0.0
    places: list[Computed] = field(default_factory=list)

    @property
    def computed_on(self) -> str:
        return self.places[-1].name if self.places else ""


class Assistant:
    """Asks on one node."""

    def __init__(self, node: Node) -> None:
        # More patient than the product: on a loaded machine a hundred answers take longer than half a second.
        self.mesh = MeshDaemon(
            node.folder / "run/mesh/mesh.sock", patience=Patience(), monotonic=time.monotonic, ask_seconds=20.0
        )
        socket = node.folder / "run/engine/llama.sock"
        self._server = LlamaServer(socket=socket, key=KEY)
        self._engine = LlamaCompletion(socket=socket, key=KEY, server=self._server)

    async def ask(
        self, prompt: str, tokens: int = 8, into: Answer | None = None, *, stays_here: bool = False
    ) -> Answer:
        """The whole answer; raises the engine's errors. `into` keeps what came before one."""
        answer = into or Answer()
        options: dict[str, Any] = {"n_predict": tokens}
        work = Work(digest=DIGEST, prompt_tokens=len(prompt.split()), output_tokens=tokens, stays_here=stays_here)
        began = time.monotonic()

        def here(_is_patient: bool) -> AsyncGenerator[Piece | Stopped, None]:
            return self._engine.extend(prompt, options)

        def there(place: Place) -> AsyncGenerator[Piece | Stopped, None]:
            return self.mesh.completion(place).extend(prompt, options)

        pieces = placed(self.mesh, work, here=here, there=there, on_place=answer.places.append)
        async with aclosing(pieces):
            async for piece in pieces:
                answer.first_seconds = answer.first_seconds or time.monotonic() - began
                if isinstance(piece, Piece):
                    answer.text += piece.text
        return answer

    async def close(self) -> None:
        await self.mesh.close()
        await self._engine.close()
        await self._server.close()


@asynccontextmanager
async def assistant_of(node: Node) -> AsyncIterator[Assistant]:
    assistant = Assistant(node)
    try:
        yield assistant
    finally:
        await assistant.close()


@asynccontextmanager
async def busy(assistant: Assistant) -> AsyncIterator[None]:
    """The own engine of a node has long requests, so that the next one goes to another node."""
    parts = [Answer() for _ in range(BUSY_WITH)]
    asked = [
        asyncio.create_task(assistant.ask("[pace 0.5] long", tokens=BUSY_TOKENS, into=part, stays_here=True))
        for part in parts
    ]
    try:
        for part in parts:
            await begun(part)
        yield
    finally:
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def begun(answer: Answer) -> None:
    """Wait for the first word."""
    async with asyncio.timeout(20):
        while not answer.text:
            await asyncio.sleep(0.02)

"""A model that is asked for at the moment at which its server is asked already, so that neither waits for the other."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack


class Granting:
    """Enters a block in the background, once, and leaves it at the end."""

    def __init__(self, held: AbstractAsyncContextManager[object]) -> None:
        """`held` is the block in which the model stays in memory."""
        self._held = held
        self._block = AsyncExitStack()
        self._entering: asyncio.Task[object] | None = None
        self._is_over = False

    @property
    def is_done(self) -> bool:
        """Whether the model was granted or refused."""
        return self._entering is not None and self._entering.done()

    def begin(self) -> None:
        """Ask, if nobody did yet."""
        if self._entering is None and not self._is_over:
            self._entering = asyncio.create_task(self._block.enter_async_context(self._held))

    async def granted(self) -> None:
        """Wait until the model is granted; raises what refuses it."""
        self.begin()
        if self._entering is None:
            raise asyncio.CancelledError
        await self._entering

    async def end(self) -> None:
        """Let go."""
        self._is_over = True
        if self._entering is not None:
            self._entering.cancel()
            await asyncio.gather(self._entering, return_exceptions=True)
        await self._block.aclose()

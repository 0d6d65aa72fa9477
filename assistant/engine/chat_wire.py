"""Speaks the OpenAI API as a client: to engines of other makes, which know conversations and no templates."""

import copy
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import httpx

from assistant.engine.client import LlamaServer
from assistant.engine.completion import encoded, refusal
from assistant.engine.errors import EngineInterruptedError, EngineUnavailableError
from assistant.engine.state import EngineState
from assistant.engine.watch import Patience, watched
from firmware.sockets import UnixTransport

UNAVAILABLE: Final = "The engine that has this model does not answer now. See the page “Nodes”, or ask again."
INTERRUPTED: Final = "The engine that computed this answer broke off in the middle of it. Ask again."
_CONNECT_SECONDS: Final = 5.0


class ChatWire:
    """The way to such an engine, through the mesh's socket; its address and key stay there."""

    def __init__(self, *, socket: Path, state: Callable[[], Awaitable[EngineState]], patience: Patience) -> None:
        self._door = ""
        self._state = state
        self._patience = patience
        self._client = httpx.AsyncClient(
            transport=UnixTransport(socket),
            base_url="http://mesh",
            headers={"Content-Type": "application/json"},
            # `watched` ends silence.
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS, pool=_CONNECT_SECONDS),
        )

    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a `chat.completion`, to the end; closing it stops the work.

        Raises `EngineUnavailableError` before the first event, `EngineInterruptedError` after it, and
        `EngineRefusedError` with the engine's own words.
        """
        async with aclosing(self._watched("/v1/chat/completions", body)) as events:
            async for event in events:
                yield event

    async def text(self, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a `text_completion`; see `chat`."""
        async with aclosing(self._watched("/v1/completions", body)) as events:
            async for event in events:
                yield event

    def behind(self, door: str, server: LlamaServer) -> "ChatWire":
        """The same connections to an engine whose addresses all begin with `door`."""
        other = copy.copy(self)
        other._door, other._state = door, server.state  # noqa: SLF001 - a copy of ourselves
        return other

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    def _watched(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        given = {**body, "stream": True, "stream_options": {"include_usage": True}}
        return watched(self._events(path, given), state=self._state, patience=self._patience)

    async def _events(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        begun = ended = False
        try:
            async with self._client.stream("POST", f"{self._door}{path}", content=encoded(body)) as response:
                if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    raise EngineUnavailableError(UNAVAILABLE)
                if response.status_code != httpx.codes.OK:
                    raise refusal(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("error: "):
                        raise EngineInterruptedError(INTERRUPTED)
                    if line == "data: [DONE]":
                        ended = True
                        break
                    if line.startswith("data: "):
                        begun = True
                        yield json.loads(line.removeprefix("data: "))
        except httpx.HTTPError as error:
            if begun:
                raise EngineInterruptedError(INTERRUPTED) from error
            raise EngineUnavailableError(UNAVAILABLE) from error
        if not ended:
            raise EngineInterruptedError(INTERRUPTED)

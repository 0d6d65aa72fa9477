"""Speaks to `llama-server` over its Unix socket; no other module knows its wire format."""

import copy
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

import httpx

from assistant.engine.errors import EngineInterruptedError, EngineRefusedError, EngineUnavailableError
from assistant.engine.message import Message
from assistant.engine.place import OnPlace, untold
from assistant.engine.sampling import Sampling, options
from assistant.engine.state import EngineState as EngineState
from assistant.engine.thoughts import ANSWER_ALONE
from firmware.sockets import UnixTransport

_CONNECT_SECONDS = 5.0
_TOKEN_SECONDS = 900.0  # one wait: a long prompt on an old PC is read before the first piece comes
CAREFUL = Sampling(temperature=0.0)
"""The likeliest word each time, as answers from files want it."""


class Engine(Protocol):
    """Something that continues a conversation."""

    async def state(self) -> EngineState:
        """Whether it can serve now; never raises."""
        ...

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        on_place: OnPlace = untold,
        stays_here: bool = False,
    ) -> AsyncIterator[str]:
        """The answer's text, piece by piece; `line` says for whom, where people wait for each other.

        `on_place` is told where it is computed, where that may be another node than this one; with `stays_here` it
        never is.

        Raises `EngineUnavailableError` before the first piece, `EngineInterruptedError` after it where the stream
        broke, `EngineRefusedError` where the engine said no. Closing the iterator stops the generation.
        """
        ...


class LlamaServer:
    """The `Engine` that `hearth-engine` supervises."""

    def __init__(self, *, socket: Path, key: str) -> None:
        self._door = ""
        self._client = httpx.AsyncClient(
            transport=UnixTransport(socket),
            base_url="http://engine",
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(_TOKEN_SECONDS, connect=_CONNECT_SECONDS),
        )

    async def state(self) -> EngineState:
        """`ready`; `starting` while a model loads or the PC is too busy to say; `down` where nothing listens."""
        try:
            response = await self._client.get(f"{self._door}/health", timeout=_CONNECT_SECONDS)
        except httpx.TimeoutException:
            return "starting"
        except httpx.HTTPError:
            return "down"
        return "ready" if response.status_code == httpx.codes.OK else "starting"

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        on_place: OnPlace = untold,  # noqa: ARG002 - it is in one place
        stays_here: bool = False,  # noqa: ARG002 - the same
    ) -> AsyncGenerator[str, None]:
        """See `Engine.complete`; llama-server has one line for all, and is in one place."""
        body = {
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "max_tokens": max_tokens,
            "stream": True,
            "cache_prompt": True,
            **ANSWER_ALONE,
            **options(sampling),
        }
        ended = False
        begun = False
        try:
            async with self._client.stream("POST", f"{self._door}/v1/chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise _refusal(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line == "data: [DONE]":
                        ended = True
                        break
                    piece = _piece(line)
                    if piece:
                        begun = True
                        yield piece
        except httpx.HTTPError as error:
            if begun:
                raise EngineInterruptedError(_INTERRUPTED) from error
            raise EngineUnavailableError(_UNAVAILABLE) from error
        if not ended:
            raise EngineInterruptedError(_INTERRUPTED)

    def behind(self, door: str) -> "LlamaServer":
        """The same connections to a server whose addresses all begin with `door`."""
        other = copy.copy(self)
        other._door = door  # noqa: SLF001 - a copy of ourselves
        return other

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


_UNAVAILABLE = "The language model is not ready yet. Wait a moment and ask again."
_INTERRUPTED = "The language model stopped in the middle of this answer and is being restarted. Ask again."


def _refusal(status: int, body: bytes) -> EngineUnavailableError | EngineRefusedError:
    if status in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.UNAUTHORIZED}:
        return EngineUnavailableError(_UNAVAILABLE)
    try:
        reason = str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        reason = f"status {status}"
    return EngineRefusedError(f"The language model refused this request: {reason}.")


def _piece(line: str) -> str:
    """The text in one server-sent event; `EngineInterruptedError` where the event is an error."""
    if not line.startswith("data: "):
        if line.startswith("error: "):
            raise EngineInterruptedError(_INTERRUPTED)
        return ""
    event = json.loads(line.removeprefix("data: "))
    if "error" in event:
        raise EngineInterruptedError(_INTERRUPTED)
    choices = event.get("choices") or [{}]
    return str((choices[0].get("delta") or {}).get("content") or "")

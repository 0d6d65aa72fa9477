"""Continues texts on `llama-server` and tells all that it tells: probabilities, why it stopped, what it took."""

import copy
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol, cast

import httpx

from assistant.engine.chat_events import ASKED, events, stopped
from assistant.engine.client import LlamaServer
from assistant.engine.errors import (
    EngineContextError,
    EngineInterruptedError,
    EngineRefusedError,
    EngineUnavailableError,
)
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.watch import INTERRUPTED, UNAVAILABLE, Patience, watched
from firmware.sockets import UnixTransport

_QUICK_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_ENGINE = "http://engine"
_PATIENT: Mapping[str, float | None] = {
    "connect": _CONNECT_SECONDS,
    "pool": _QUICK_SECONDS,
    "write": None,
    "read": None,  # `watched` ends silence
}
Parsed = Callable[[AsyncIterator[str]], AsyncGenerator[Piece | Stopped, None]]
"""Makes pieces of the lines of a stream."""


class TextEngine(Protocol):
    """Something that renders conversations, counts tokens and continues texts."""

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The conversation in the model's own template, up to where the answer begins."""
        ...

    async def count(self, text: str) -> int:
        """Tokens of a rendered text."""
        ...

    def extend(self, prompt: str | Sequence[int], options: Mapping[str, Any]) -> AsyncGenerator[Piece | Stopped, None]:
        """Continue the prompt, ending with `Stopped`; closing it stops the work.

        `options` are llama-server's own, such as `n_predict`. Raises `EngineUnavailableError` before the first piece,
        `EngineInterruptedError` after it, `EngineContextError` where the prompt does not fit, `EngineRefusedError`.
        """
        ...

    def converse(
        self, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """The same for a conversation, in one step: rendered and continued. It knows no stop sequences."""
        ...


class LlamaCompletion:
    """The `TextEngine` that `hearth-engine` supervises."""

    def __init__(self, *, socket: Path, key: str, server: LlamaServer, patience: Patience | None = None) -> None:
        self._door = ""
        self._state = server.state
        self._patience = patience or Patience()
        self._way = UnixTransport(socket)
        self._headers = {"Host": "engine", "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._client = httpx.AsyncClient(
            transport=self._way,
            base_url=_ENGINE,
            headers=self._headers,
            timeout=httpx.Timeout(_QUICK_SECONDS, connect=_CONNECT_SECONDS),
        )

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """See `TextEngine.render`."""
        # Models that think aloud by default are asked not to: what they think is no answer.
        body = {"messages": list(messages), "chat_template_kwargs": {"enable_thinking": False}}
        return str((await self._ask("/apply-template", body))["prompt"])

    async def count(self, text: str) -> int:
        """See `TextEngine.count`."""
        body = {"content": text, "add_special": True, "parse_special": True}
        return len((await self._ask("/tokenize", body))["tokens"])

    async def extend(
        self, prompt: str | Sequence[int], options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """See `TextEngine.extend`."""
        body = {"prompt": prompt if isinstance(prompt, str) else list(prompt), "stream": True, "cache_prompt": True}
        async with aclosing(self._streamed("/completion", {**body, **options}, _parsed)) as pieces:
            async for piece in pieces:
                yield piece

    async def converse(
        self, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any]
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """See `TextEngine.converse`; on another node, whose mesh knows texts alone, in two steps."""
        if self._door:
            stream = self.extend(await self.render(messages), options)
        else:
            body = {"messages": list(messages), **ASKED, **options}
            stream = self._streamed("/v1/chat/completions", body, events)
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                yield piece

    def behind(self, door: str, server: LlamaServer) -> "LlamaCompletion":
        """The same connections to a server whose addresses all begin with `door`."""
        other = copy.copy(self)
        other._door, other._state = door, server.state  # noqa: SLF001 - a copy of ourselves
        return other

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _streamed(
        self, path: str, body: Mapping[str, Any], parsed: Parsed
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """Everything up to `Stopped`, from an engine that is watched meanwhile."""
        stream = watched(self._events(path, body, parsed), state=self._state, patience=self._patience)
        async with aclosing(stream) as events_:
            async for event in events_:
                yield event
                if isinstance(event, Stopped):
                    return
        raise EngineInterruptedError(INTERRUPTED)

    async def _events(
        self, path: str, body: Mapping[str, Any], parsed: Parsed
    ) -> AsyncGenerator[Piece | Stopped, None]:
        begun = False
        # By the transport itself: what httpx's client and its decoders do beyond it delays each first word.
        request = httpx.Request(
            "POST",
            f"{_ENGINE}{self._door}{path}",
            headers=self._headers,
            content=encoded(body),
            extensions={"timeout": _PATIENT},
        )
        try:
            async with aclosing(await self._way.handle_async_request(request)) as response:
                if response.status_code != httpx.codes.OK:
                    raise refusal(response.status_code, await response.aread())
                async for event in parsed(_lines(cast("httpx.AsyncByteStream", response.stream))):
                    begun = True
                    yield event
        except httpx.HTTPError as error:
            if begun:
                raise EngineInterruptedError(INTERRUPTED) from error
            raise EngineUnavailableError(UNAVAILABLE) from error

    async def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        try:
            response = await self._client.post(f"{self._door}{path}", content=encoded(body))
        except httpx.HTTPError as error:
            raise EngineUnavailableError(UNAVAILABLE) from error
        if response.status_code != httpx.codes.OK:
            raise refusal(response.status_code, response.content)
        return response.json()


async def _lines(pieces: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """The lines of a stream of UTF-8, as their ends come."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r").decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


async def _parsed(lines: AsyncIterator[str]) -> AsyncGenerator[Piece | Stopped, None]:
    async for line in lines:
        if line.startswith("error: "):
            raise EngineInterruptedError(INTERRUPTED)
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            if "error" in event:
                raise EngineInterruptedError(INTERRUPTED)
            yield Piece(
                text=str(event["content"]),
                prompt_tokens=int(event.get("tokens_evaluated", 0)),
                probabilities=tuple(event.get("completion_probabilities") or ()),
            )
            if event.get("stop"):
                yield stopped(
                    event.get("timings") or {},
                    why=str(event.get("stop_type", "eos")),
                    word=str(event.get("stopping_word", "")),
                    prompt_tokens=int(event.get("tokens_evaluated", 0)),
                )


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON in plain ASCII: half a character, such as programs send by mistake, is then refused and breaks nothing."""
    return json.dumps(body).encode("ascii")


def refusal(status: int, body: bytes) -> Exception:
    """What llama-server's refusal means for the one who asked."""
    if status in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.UNAUTHORIZED}:
        return EngineUnavailableError(UNAVAILABLE)
    try:
        error = json.loads(body)["error"]
        if error.get("type") == "exceed_context_size_error":
            return EngineContextError(prompt_tokens=int(error["n_prompt_tokens"]), context_tokens=int(error["n_ctx"]))
        reason = str(error["message"])
    except (ValueError, KeyError, TypeError):
        reason = f"status {status}"
    return EngineRefusedError(f"The language model refused this request: {reason}.")

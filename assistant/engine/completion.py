"""Continues texts on `llama-server` and tells all that it tells: probabilities, why it stopped, what it took."""

import asyncio
import copy
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol

import httpx

from assistant.engine.chat_events import ASKED, events, stopped
from assistant.engine.client import LlamaServer
from assistant.engine.errors import (
    EngineContextError,
    EngineInterruptedError,
    EngineRefusedError,
    EngineUnavailableError,
)
from assistant.engine.granting import Granting
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.thoughts import UNTHOUGHT, answering
from assistant.engine.watch import INTERRUPTED, UNAVAILABLE, Patience, watched
from firmware.sockets import UnixTransport

_QUICK_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
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
        self._granting: Granting | None = None
        self._way = UnixTransport(socket)
        headers = {"Host": "engine", "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._client = httpx.AsyncClient(
            transport=self._way,
            base_url="http://engine",
            headers=headers,
            timeout=httpx.Timeout(_QUICK_SECONDS, connect=_CONNECT_SECONDS),
        )

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """See `TextEngine.render`."""
        body = {"messages": list(messages), **UNTHOUGHT}
        return answering(str((await self._ask("/apply-template", body))["prompt"]))

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

    def once(self, granting: Granting) -> "LlamaCompletion":
        """The same connections, for somebody who is still to be granted the model; nothing is told before that."""
        other = copy.copy(self)
        other._granting = granting  # noqa: SLF001 - a copy of ourselves
        return other

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _streamed(
        self, path: str, body: Mapping[str, Any], parsed: Parsed
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """Everything up to `Stopped`, from an engine that is watched meanwhile."""
        if self._granting is None:
            events_ = self._events(path, body, parsed)
        else:
            events_ = self._granted_events(path, body, parsed, self._granting)
        stream = watched(events_, state=self._state, patience=self._patience)
        async with aclosing(stream):
            async for event in stream:
                yield event
                if isinstance(event, Stopped):
                    return
        raise EngineInterruptedError(INTERRUPTED)

    async def _granted_events(
        self, path: str, body: Mapping[str, Any], parsed: Parsed, granting: Granting
    ) -> AsyncGenerator[Piece | Stopped, None]:
        """The engine reads the prompt while the model is being granted; one that is away then is asked after that."""
        if not granting.is_done:
            begun = False
            asyncio.get_running_loop().call_soon(granting.begin)  # by then the engine has its request
            try:
                async with aclosing(self._events(path, body, parsed)) as early:
                    async for event in early:
                        await granting.granted()
                        begun = True
                        yield event
                return
            except EngineUnavailableError:
                if begun:
                    raise
        await granting.granted()
        async with aclosing(self._events(path, body, parsed)) as late:
            async for event in late:
                yield event

    async def _events(
        self, path: str, body: Mapping[str, Any], parsed: Parsed
    ) -> AsyncGenerator[Piece | Stopped, None]:
        begun = False
        content = encoded(body)
        headers = [*self._raw_headers, (b"Content-Length", b"%d" % len(content))]
        try:
            # By the transport itself: what httpx's client does beyond it delays each first word.
            answer = await self._way.exchanged(b"POST", f"{self._door}{path}".encode(), headers, content, _PATIENT)
            async with aclosing(answer):
                if answer.status != httpx.codes.OK:
                    raise refusal(answer.status, await answer.whole())
                async for event in parsed(_lines(answer)):
                    begun = True
                    yield event
        except httpx.HTTPError as error:
            if begun:
                raise EngineInterruptedError(INTERRUPTED) from error
            raise EngineUnavailableError(UNAVAILABLE) from error

    async def _ask(self, path: str, body: Mapping[str, Any]) -> Any:
        if self._granting is not None:
            await self._granting.granted()
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

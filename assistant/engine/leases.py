"""The assistant's side of the engine's desk: borrows models, and tells what is in memory."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from assistant.engine.client import LlamaServer
from assistant.engine.completion import LlamaCompletion
from assistant.engine.desk import refused
from assistant.engine.errors import EngineUnavailableError
from assistant.engine.granting import Granting
from assistant.engine.graphics import GraphicsTold, told_of
from assistant.engine.keeper import Kept
from assistant.engine.state import EngineState
from assistant.engine.watch import UNAVAILABLE, Patience
from firmware.sockets import connected

_LONGEST_LINE: Final = 1 << 20
_PIECE_BYTES: Final = 1 << 16
_TELL_SECONDS: Final = 5.0
_LOAD_SECONDS: Final = 900.0
"""A large model on a slow stick takes minutes to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A model in memory, and the two ways to speak to its server."""

    socket: Path
    server: LlamaServer
    completion: LlamaCompletion
    context_tokens: int
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the engine says of itself."""

    kept: tuple[Kept, ...]
    budget_bytes: int
    measured: Mapping[str, Any] | None
    """What was measured on this box; None as long as nothing was."""
    graphics: GraphicsTold | None = None
    """Where it computes."""
    idle_limit_seconds: float = 0.0
    """A model that nobody used for so long leaves memory."""


class Leases:
    """Borrows models from the engine daemon."""

    def __init__(self, *, desk: Path, key: str, patience: Patience) -> None:
        self._desk = desk
        self._key = key
        self._patience = patience
        self.graphics: GraphicsTold | None = None
        """Where the engine computes, as it was told last."""
        self._doors: dict[Path, tuple[LlamaServer, LlamaCompletion]] = {}
        self._servers: dict[str, LlamaCompletion] = {}
        """The server of each model, as the desk told it last."""

    @asynccontextmanager
    async def held(self, name: str, *, is_use: bool = True) -> AsyncIterator[Lease]:
        """The model of this file in memory, as long as the block lasts.

        What is no use neither loads a model nor keeps it in memory afterwards.

        Raises `EngineNoRoomError`, `EngineUnfitError`, or `EngineUnavailableError` where the engine is away.
        """
        async with self._connected() as desk:
            answer = await _answer(desk, {"hold": name, "is_use": is_use}, _LOAD_SECONDS)
            if "refused" in answer:
                raise refused(answer)
            place = Path(answer["socket"])
            server, completion = self._door(place)
            self._servers[name] = completion
            yield Lease(
                socket=place,
                server=server,
                completion=completion,
                context_tokens=int(answer["context_tokens"]),
                slots=int(answer["slots"]),
            )

    @asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[LlamaCompletion]:
        """The way to this model, at once where its server is known from before: it is asked while the model is granted.

        Raises as `held` does, then or once it is used.
        """
        known = self._servers.get(name)
        if known is None:
            async with self.held(name) as lease:
                yield lease.completion
            return
        granting = Granting(self._same(name, known))
        try:
            yield known.once(granting)
        finally:
            await granting.end()

    async def unload(self, name: str) -> bool:
        """Let a model go; false where it is answering somebody. Raises `EngineUnavailableError`."""
        async with self._connected() as desk:
            return bool((await _answer(desk, {"unload": name}, _LOAD_SECONDS))["unloaded"])

    async def told(self) -> Told:
        """What is in memory. Raises `EngineUnavailableError`."""
        async with self._connected() as desk:
            answer = await _answer(desk, {"tell": True}, _TELL_SECONDS)
        known = {field.name for field in fields(Kept)}
        self.graphics = told_of(answer.get("graphics"))
        return Told(
            kept=tuple(Kept(**{key: value for key, value in one.items() if key in known}) for one in answer["kept"]),
            budget_bytes=int(answer["budget_bytes"]),
            measured=answer.get("measured"),
            graphics=self.graphics,
            idle_limit_seconds=float(answer.get("idle_limit_seconds", 0.0)),
        )

    async def state(self) -> EngineState:
        """`ready` also where a model would have to be loaded first: questions are answered; never raises."""
        try:
            told = await self.told()
        except EngineUnavailableError:
            return "down"
        return "starting" if told.kept and not any(one.ready for one in told.kept) else "ready"

    async def close(self) -> None:
        """Let go of the connections."""
        for server, completion in self._doors.values():
            await server.close()
            await completion.close()

    @asynccontextmanager
    async def _same(self, name: str, known: LlamaCompletion) -> AsyncIterator[None]:
        """The model held where it was; raises `EngineUnavailableError` where another server has it now."""
        async with self.held(name) as lease:
            if lease.completion is not known:
                raise EngineUnavailableError(UNAVAILABLE)
            yield

    def _door(self, place: Path) -> tuple[LlamaServer, LlamaCompletion]:
        if place not in self._doors:
            server = LlamaServer(socket=place, key=self._key)
            completion = LlamaCompletion(socket=place, key=self._key, server=server, patience=self._patience)
            self._doors[place] = (server, completion)
        return self._doors[place]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[socket.socket]:
        try:
            desk = await connected(str(self._desk))
        except OSError as error:
            raise EngineUnavailableError(UNAVAILABLE) from error
        with desk:
            yield desk


async def _answer(desk: socket.socket, asked: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    # Bare, since every request asks here first: asyncio's streams take longer than the question.
    loop = asyncio.get_running_loop()
    line = b""
    try:
        async with asyncio.timeout(seconds):
            await loop.sock_sendall(desk, json.dumps(asked).encode() + b"\n")
            while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                piece = await loop.sock_recv(desk, _PIECE_BYTES)
                if not piece:
                    break
                line += piece
        answer = json.loads(line)
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineUnavailableError(UNAVAILABLE) from error
    if not isinstance(answer, dict):
        raise EngineUnavailableError(UNAVAILABLE)
    return answer

"""The engine daemon's desk: over a Unix socket, others ask for a model, and hold it as long as they stay connected.

One JSON line is asked and one is answered. `{"hold": NAME}` is answered once the model serves, and the connection's end
lets go of it; with `"is_use": false` only a model in memory is held, and stays no longer for it. `{"unload": NAME}`
and `{"tell": true}` are answered at once. What the mesh asks for beyond that is in `assistant/engine/parts.py`. Who may
connect is the socket's folder's matter.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from assistant.engine.errors import EngineError, EngineNoRoomError, EngineUnavailableError, EngineUnfitError
from assistant.engine.keeper import Keeper
from assistant.engine.parts import Parts, say_ready

_LONGEST_LINE: Final = 4096
_ASK_SECONDS: Final = 10.0


class Desk:
    """Serves the keeper's models to who connects."""

    def __init__(
        self, keeper: Keeper, *, socket: Path, told: Callable[[], Mapping[str, Any]] = dict, parts: Parts | None = None
    ) -> None:
        """`told` is what else is told of this engine; without `parts` nothing is shared with other boxes."""
        self._keeper = keeper
        self._parts = parts
        self._socket = socket
        self._told = told

    async def run(self) -> None:
        """Serve until cancelled."""
        self._socket.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._served, self._socket, limit=_LONGEST_LINE)
        self._socket.chmod(0o660)
        async with server:
            await server.serve_forever()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                asked = _parsed(await reader.readline())
            if "hold" in asked:
                name, is_use = str(asked["hold"]), asked.get("is_use") is not False
                await self._serve(reader, writer, lambda leaving: self._held(name, leaving, writer, is_use=is_use))
            elif self._parts is not None and "spread" in asked:
                parts = self._parts
                await self._serve(reader, writer, lambda leaving: parts.spread(asked, leaving, writer))
            elif self._parts is not None and "network" in asked:
                await self._parts.network(writer)
            elif self._parts is not None and "lend" in asked:
                parts = self._parts
                await self._serve(reader, writer, lambda leaving: parts.lend(asked, leaving, writer))
            elif "unload" in asked:
                await _say(writer, {"unloaded": await self._keeper.unload(str(asked["unload"]))})
            else:
                kept = [asdict(one) for one in self._keeper.kept()]
                await _say(writer, {"kept": kept, "budget_bytes": self._keeper.budget_bytes, **self._told()})
        except (TimeoutError, ValueError, OSError):
            return  # whoever asks nonsense, or leaves, gets no answer
        finally:
            writer.close()

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        work: "Callable[[asyncio.Future[bytes]], Awaitable[object]]",
    ) -> None:
        """Work until the other side leaves, even while a model still loads; a refusal is told."""
        leaving = asyncio.ensure_future(reader.read(1))
        working = asyncio.ensure_future(work(leaving))
        try:
            await asyncio.wait({leaving, working}, return_when=asyncio.FIRST_COMPLETED)
            if working.done() and isinstance(error := working.exception(), EngineError):
                await _say(writer, {"refused": _refusal(error), "message": str(error)})
        finally:
            for task in (leaving, working):
                task.cancel()
            await asyncio.gather(leaving, working, return_exceptions=True)

    async def _held(
        self, name: str, leaving: "asyncio.Future[bytes]", writer: asyncio.StreamWriter, *, is_use: bool
    ) -> None:
        async with self._keeper.held(name) if is_use else self._keeper.glanced(name) as plan:
            await say_ready(writer, plan)
            with suppress(OSError):
                await asyncio.shield(leaving)


def _refusal(error: EngineError) -> dict[str, Any]:
    match error:
        case EngineNoRoomError():
            return {
                "need_bytes": error.need_bytes,
                "free_bytes": error.free_bytes,
                "budget_bytes": error.budget_bytes,
                "on_graphics": error.on_graphics,
            }
        case EngineUnfitError():
            return {"unfit": error.name}
        case _:
            return {}


def refused(answer: Mapping[str, Any]) -> EngineError:
    """The error that a refusal tells of."""
    numbers = answer["refused"]
    if "need_bytes" in numbers:
        return EngineNoRoomError(**numbers)
    if "unfit" in numbers:
        return EngineUnfitError(str(numbers["unfit"]))
    return EngineUnavailableError(str(answer.get("message", "")))


def _parsed(line: bytes) -> Mapping[str, Any]:
    asked = json.loads(line)
    if not isinstance(asked, dict):
        message = "not a request"
        raise ValueError(message)
    return asked


async def _say(writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()

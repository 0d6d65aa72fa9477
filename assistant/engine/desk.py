"""The engine daemon's desk: over a Unix socket, others ask for a model, and hold it as long as they stay connected.

One JSON line is asked and one is answered. `{"hold": NAME}` is answered once the model serves, and the connection's end
lets go of it; `{"unload": NAME}` and `{"tell": true}` are answered at once. Who may connect is the socket's folder's
matter.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from assistant.engine.errors import EngineError, EngineNoRoomError, EngineUnavailableError, EngineUnfitError
from assistant.engine.keeper import Keeper, Plan

_LONGEST_LINE: Final = 4096
_ASK_SECONDS: Final = 10.0


class Desk:
    """Serves the keeper's models to who connects."""

    def __init__(self, keeper: Keeper, *, socket: Path, told: Callable[[], Mapping[str, Any]] = dict) -> None:
        """`told` is what else is told of this engine."""
        self._keeper = keeper
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
                await self._hold(str(asked["hold"]), reader, writer)
            elif "unload" in asked:
                await _say(writer, {"unloaded": await self._keeper.unload(str(asked["unload"]))})
            else:
                kept = [asdict(one) for one in self._keeper.kept()]
                await _say(writer, {"kept": kept, "budget_bytes": self._keeper.budget_bytes, **self._told()})
        except (TimeoutError, ValueError, OSError):
            return  # whoever asks nonsense, or leaves, gets no answer
        finally:
            writer.close()

    async def _hold(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Load and hold a model until the other side leaves, even while it still loads."""
        leaving = asyncio.ensure_future(reader.read(1))
        holding = asyncio.ensure_future(self._held(name, leaving, writer))
        try:
            await asyncio.wait({leaving, holding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, holding):
                task.cancel()
            await asyncio.gather(leaving, holding, return_exceptions=True)

    async def _held(self, name: str, leaving: "asyncio.Future[bytes]", writer: asyncio.StreamWriter) -> None:
        try:
            async with self._keeper.held(name) as plan:
                await _say(writer, _ready(plan))
                with suppress(OSError):
                    await asyncio.shield(leaving)
        except EngineError as error:
            await _say(writer, {"refused": _refusal(error), "message": str(error)})


def _ready(plan: Plan) -> dict[str, Any]:
    return {"socket": str(plan.socket), "context_tokens": plan.context_tokens, "slots": plan.slots}


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

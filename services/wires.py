"""Makes ends of WireGuard wires through `hearth-wire@`, which alone may touch this PC's networks."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from assistant.errors import ParserUnavailableError
from assistant.parser.client import Transport
from mesh.addresses import Place
from mesh.errors import WireRefusedError
from mesh.wires import Ends, WireAnswer
from services.sandbox_lines import ended, line_from

SECONDS: Final = 90.0
"""An old PC with other things to do takes its time to start a program."""
_NOBODY: Final = "nobody makes one here"


class MadeWire:
    """See `mesh.wires.Wire`."""

    def __init__(self, answer: WireAnswer, connection: socket.socket) -> None:
        self.key, self.port = answer.key, answer.port
        self._connection = connection

    async def lead_to(self, key: str, place: Place | None) -> None:
        """See `Wire.lead_to`."""
        where = {} if place is None else {"host": place[0], "port": place[1]}
        asked = json.dumps({"peer": key, **where}).encode() + b"\n"
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, asked)
        except OSError as error:
            raise WireRefusedError("it was taken down") from error
        await _answer(self._connection)

    async def broken(self) -> None:
        """See `Wire.broken`."""
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_recv(self._connection, 1)


class MadeWires:
    """See `mesh.wires.Wires`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @asynccontextmanager
    async def opened(self, network: int, ends: Ends) -> AsyncIterator[MadeWire]:
        """See `Wires.opened`."""
        async with AsyncExitStack() as stack:
            try:
                connection = stack.enter_context(self._transport.connect())
                asked = json.dumps({"own": ends.own, "theirs": ends.theirs}).encode() + b"\n"
                socket.send_fds(connection, [asked], [network])
                connection.setblocking(False)
                stack.push_async_callback(ended, connection)
                answer = WireAnswer.model_validate(await _answer(connection))
            except (ParserUnavailableError, OSError, ValueError) as error:
                raise WireRefusedError(_NOBODY) from error
            yield MadeWire(answer, connection)


async def _answer(connection: socket.socket) -> Mapping[str, Any]:
    """What `hearth-wire@` says next; raises WireRefusedError."""
    try:
        told = json.loads(await line_from(connection, seconds=SECONDS))
    except ValueError as error:
        raise WireRefusedError(_NOBODY) from error
    if not isinstance(told, dict) or "refused" in told:
        raise WireRefusedError(str(told["refused"]) if isinstance(told, dict) else _NOBODY)
    return told

"""The part of the engine's desk that the mesh uses: models spread over several boxes, and memory lent to another box.

`{"spread": NAME, …}` is answered twice: at once with `{"doors": COUNT}`, and with it the listening loopback sockets at
which llama-server will call the other boxes; and once the model serves, as `hold` is. `{"lend": BYTES}` is answered
once that memory is free. Both end with the connection; a spread model that ends by itself ends the connection.
"""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from assistant.engine.keeper import Keeper, Plan
from assistant.engine.reservation import lent
from assistant.engine.spread import Spread

PlanOf = Callable[[str, Spread, tuple[int, ...]], Plan]
MOST_OTHERS = 15


class Parts:
    """Serves what is shared with other boxes."""

    def __init__(self, keeper: Keeper, *, planned: PlanOf) -> None:
        """`planned` says how the model of a file is run with others behind these ports, or raises `EngineError`."""
        self._keeper = keeper
        self._planned = planned

    async def spread(
        self, asked: Mapping[str, Any], leaving: "asyncio.Future[bytes]", writer: asyncio.StreamWriter
    ) -> Plan:
        """Run a model with others until the other side leaves; raises `EngineError`, or `ValueError` for nonsense."""
        name, spread = str(asked["spread"]), _spread_in(asked)
        with ExitStack() as stack:
            doors = [stack.enter_context(_door()) for _ in spread.layers]
            ports = tuple(int(door.getsockname()[1]) for door in doors)
            plan = await asyncio.to_thread(self._planned, name, spread, ports)
            await _hand_over(writer, {"doors": len(doors)}, doors)
        async with self._keeper.passing(plan) as running:
            await say_ready(writer, plan)
            either: set[asyncio.Future[Any]] = {leaving, running}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return plan

    async def lend(
        self, asked: Mapping[str, Any], leaving: "asyncio.Future[bytes]", writer: asyncio.StreamWriter
    ) -> None:
        """Keep memory free until the other side leaves; raises `EngineNoRoomError`."""
        plan = lent(f"lent@{secrets.token_hex(8)}", max(0, int(asked["lend"])))
        async with self._keeper.passing(plan):
            await say_ready(writer, plan)
            await asyncio.wait({leaving})


async def say_ready(writer: asyncio.StreamWriter, plan: Plan) -> None:
    """Tell where the model serves."""
    told = {"socket": str(plan.socket), "context_tokens": plan.context_tokens, "slots": plan.slots}
    writer.write(json.dumps(told).encode() + b"\n")
    await writer.drain()


def _spread_in(asked: Mapping[str, Any]) -> Spread:
    layers = tuple(int(one) for one in asked["layers"])
    if not 0 < len(layers) <= MOST_OTHERS or any(one < 1 for one in layers):
        message = "not a spread"
        raise ValueError(message)
    return Spread(layers=layers, context_tokens=int(asked["context_tokens"]), need_bytes=int(asked["need_bytes"]))


def _door() -> socket.socket:
    """A listening loopback socket of this daemon's network, which on the appliance nobody else is in."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.bind(("127.0.0.1", 0))
    door.listen(4)
    return door


async def _hand_over(writer: asyncio.StreamWriter, told: Mapping[str, Any], doors: list[socket.socket]) -> None:
    """A line with sockets; the stream's own writer cannot take them along."""
    await writer.drain()
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as connection:
        socket.send_fds(connection, [json.dumps(told).encode() + b"\n"], [door.fileno() for door in doors])

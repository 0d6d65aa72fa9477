"""The part of the engine's desk that the mesh uses: models spread over several boxes, and memory lent to another box.

`{"spread": NAME, …}` is answered twice: at once with `{"doors": COUNT}`, and with it the listening loopback sockets at
which llama-server will call the boxes that no wire leads to; and once the model serves, as `hold` is. `{"lend": BYTES}`
is answered once that memory is free. Both end with the connection; a spread model that ends by itself ends it, too.
`{"network": true}` is answered with the engine's network, into which wires may lead, where nobody else is in it.
"""

import asyncio
import json
import os
import re
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from assistant.engine.keeper import Keeper, Plan
from assistant.engine.reservation import lent
from assistant.engine.spread import Spread
from firmware.apart import NETWORK

PlanOf = Callable[[str, Spread, tuple[str, ...]], Plan]
WIRED = re.compile(r"10\.72\.\d{1,3}\.2:\d{1,5}")
"""Where a wire reaches another box; see `mesh/wires.py`."""
MOST_OTHERS = 15


class Parts:
    """Serves what is shared with other boxes."""

    def __init__(self, keeper: Keeper, *, planned: PlanOf, is_apart: bool) -> None:
        """`planned` says how the model of a file is run with others at these addresses, or raises `EngineError`.

        `is_apart` says that nobody but the engine is in its network.
        """
        self._keeper = keeper
        self._planned = planned
        self._is_apart = is_apart

    async def network(self, writer: asyncio.StreamWriter) -> None:
        """Hand over the engine's network, where it has one of its own."""
        with NETWORK.open("rb") as network:
            descriptors = [network.fileno()] if self._is_apart else []
            await _hand_over(writer, {"network": self._is_apart}, descriptors)

    async def spread(
        self, asked: Mapping[str, Any], leaving: "asyncio.Future[bytes]", writer: asyncio.StreamWriter
    ) -> Plan:
        """Run a model with others until the other side leaves; raises `EngineError`, or `ValueError` for nonsense."""
        name, spread = str(asked["spread"]), _spread_in(asked)
        with ExitStack() as stack:
            doors = [None if wired else stack.enter_context(_door()) for wired in spread.wired]
            places = tuple(
                wired if door is None else f"127.0.0.1:{door.getsockname()[1]}"
                for wired, door in zip(spread.wired, doors, strict=True)
            )
            plan = await asyncio.to_thread(self._planned, name, spread, places)
            opened = [door.fileno() for door in doors if door is not None]
            await _hand_over(writer, {"doors": len(opened)}, opened)
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
    wired = tuple(str(one) for one in asked.get("wired") or [""] * len(layers))
    if (
        not 0 < len(layers) <= MOST_OTHERS
        or any(one < 1 for one in layers)
        or len(wired) != len(layers)
        or any(one and not WIRED.fullmatch(one) for one in wired)
    ):
        message = "not a spread"
        raise ValueError(message)
    return Spread(
        layers=layers,
        wired=wired,
        context_tokens=int(asked["context_tokens"]),
        need_bytes=int(asked["need_bytes"]),
    )


def _door() -> socket.socket:
    """A listening loopback socket of this daemon's network, which on the appliance nobody else is in."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.bind(("127.0.0.1", 0))
    door.listen(4)
    return door


async def _hand_over(writer: asyncio.StreamWriter, told: Mapping[str, Any], descriptors: list[int]) -> None:
    """A line with descriptors; the stream's own writer cannot take them along."""
    await writer.drain()
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as connection:
        socket.send_fds(connection, [json.dumps(told).encode() + b"\n"], descriptors)

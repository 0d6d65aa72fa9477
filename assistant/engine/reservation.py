"""Memory that is kept free on this box for work of another: a seat at the keeper, without a process of its own."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from assistant.engine.keeper import Plan


def lent(name: str, need_bytes: int) -> Plan:
    """The plan of memory that is lent under this name."""
    return Plan(name=name, socket=Path(), command=(), context_tokens=0, slots=0, need_bytes=need_bytes)


class Reservation:
    """The `Running` of lent memory."""

    pid: int | None = None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Hold it until cancelled."""
        on_ready()
        await asyncio.Event().wait()

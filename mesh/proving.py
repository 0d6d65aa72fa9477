"""Owns trying each model in memory now and then while nobody asks: that a desk answers says nothing of a server."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from mesh.report import NodeReport

LOOK_SECONDS: Final = 2.0
EVERY_SECONDS: Final = 15.0
MOST_OF_THE_TIME: Final = 0.01
"""A slow PC tries less often, so that it does not work for nothing."""


class Door(Protocol):
    """What of an `EngineDoor` is needed."""

    async def proven(self, digest: str, *, is_use: bool = True) -> bool:
        """Whether one token comes."""
        ...


async def proving(engine: Door, report: Callable[[], NodeReport]) -> None:
    """Until cancelled: a request that is under way is proof enough, and one that is stuck is tried at every look."""
    now = asyncio.get_running_loop().time
    due: dict[str, float] = {}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for model in report().models if _is_idle(report()) else ():
            if model.is_loaded and now() >= due.setdefault(model.digest, now() + EVERY_SECONDS):
                began = now()
                is_proven = await engine.proven(model.digest, is_use=False)
                took = now() - began
                due[model.digest] = now() + max(EVERY_SECONDS, took / MOST_OF_THE_TIME) if is_proven else now()


def _is_idle(report: NodeReport) -> bool:
    return report.engine == "ready" and not report.running and not report.waiting

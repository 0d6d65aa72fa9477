"""Knows by which names this node may be called: the settings' and the one that it announces by mDNS right now."""

import asyncio
import time
from collections.abc import Callable, Iterable

from webui.mesh_client import MeshClient

ASK_AGAIN_SECONDS = 10.0


class OwnNames:
    """Answers whether a host name is this node's; asks the mesh agent about an unknown one, rarely.

    Avahi renames a node when another one holds its name (`hearth-2.local`), so settings alone would lock people out.
    """

    def __init__(
        self, names: Iterable[str], mesh: MeshClient, *, now_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._names = frozenset(name.lower().removesuffix(".local") for name in names)
        self._announced: frozenset[str] = frozenset()
        self._mesh = mesh
        self._now_seconds = now_seconds
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def __call__(self, name: str) -> bool:
        """Whether `name`, bare or with `.local`, is ours."""
        bare = name.removesuffix(".local")
        if bare in self._names:
            return True
        if not name.endswith(".local") and "." in name:
            return False
        async with self._asking:
            if self._now_seconds() - self._asked_at >= ASK_AGAIN_SECONDS:
                self._asked_at = self._now_seconds()
                status = await self._mesh.status()
                announced = status.announced_as if status else None
                self._announced = frozenset({announced.lower().removesuffix(".local")}) if announced else frozenset()
        return bare in self._announced

"""Fetches what the owner of the home node wishes this box to have: asked for at our own mesh daemon, never pushed."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

from pydantic import BaseModel, ValidationError

from assistant.errors import AssistantError, MeshAwayError, MeshRefusedError
from assistant.models.downloads import Download, Downloads
from assistant.models.elsewhere import OtherNodes
from assistant.models.errors import ModelExistsError

LOOK_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 60.0
"""So long the box that has it may not be reached: a box that was just switched on has heard of nobody yet."""
NOBODY_HAS_IT: Final = "No box that can be reached has this model any more."


class _Wish(BaseModel):
    digest: str
    name: str
    problem: str = ""


class _Wishes(BaseModel):
    wishes: tuple[_Wish, ...] = ()


class Asking(Protocol):
    """See `assistant.nodes.Nodes.ask`."""

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the mesh says."""
        ...


class Bringing:
    """Turns each wish into a copy as the owner of this box could have begun it, and tells how far that is."""

    def __init__(
        self,
        mesh: Asking,
        others: OtherNodes,
        downloads: Downloads,
        *,
        look_seconds: float = LOOK_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._mesh = mesh
        self._others = others
        self._downloads = downloads
        self._look_seconds = look_seconds
        self._patience_seconds = patience_seconds
        self._begun: dict[str, str] = {}
        self._missed: dict[str, float] = {}
        """Since when nobody is seen who has it."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                wishes = _Wishes.model_validate(await self._mesh.ask("GET", "/wishes")).wishes
                for wish in wishes:
                    if not wish.problem:
                        await self._mesh.ask("POST", f"/wishes/{wish.digest}", {**await self._gone_on(wish)})
                wished = {one.digest for one in wishes if not one.problem}
                self._begun = {digest: known for digest, known in self._begun.items() if digest in wished}
                self._missed = {digest: since for digest, since in self._missed.items() if digest in wished}
            except (MeshAwayError, MeshRefusedError, ValidationError):
                continue

    async def _gone_on(self, wish: _Wish) -> Mapping[str, Any]:
        """How far this one is; one that is new is begun."""
        try:
            download = self._download(wish) or await self._begin(wish)
        except AssistantError as error:
            return {"problem": str(error)[:300]}
        if download is None:
            now = asyncio.get_running_loop().time()
            is_over = now - self._missed.setdefault(wish.digest, now) >= self._patience_seconds
            return {"problem": NOBODY_HAS_IT} if is_over else {}
        self._missed.pop(wish.digest, None)
        if download.state in {"stopped", "failed"}:
            del self._begun[wish.digest]
            return {"problem": (download.reason or "It was stopped.")[:300]}
        return {"share": min(1.0, download.fetched_bytes / download.size_bytes) if download.size_bytes else 0.0}

    def _download(self, wish: _Wish) -> Download | None:
        known = self._begun.get(wish.digest)
        return next((one for one in self._downloads.all() if one.id == known), None)

    async def _begin(self, wish: _Wish) -> Download | None:
        found = next((one for one in await self._others.all() if one.digest == wish.digest), None)
        if found is None:
            return None
        try:
            download = self._downloads.copy(found, found.name)
        except ModelExistsError:  # another model has that name here
            download = self._downloads.copy(found, f"{found.name}-{wish.digest[:8]}")
        self._begun[wish.digest] = download.id
        return download

"""Introduces this node's engines to its mesh: which models are here, and how one is held in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from assistant.engine.errors import EngineError
from assistant.engine.keeper import Kept
from assistant.engine.leases import Leases, Told
from assistant.generation.models import digest_of
from assistant.models.shelf import LIST
from mesh.errors import EngineGoneError
from mesh.report import EngineState, ModelOffer
from services.settings import Places

SHIPPED = "chat.gguf"
STATE_SECONDS = 1.0


class HouseEngines:
    """The engine daemon behind its desk, and the files that it can load."""

    def __init__(
        self,
        places: Places,
        *,
        leases: Leases,
        context_tokens: int,
        need_bytes: Callable[[Path], int] = lambda _file: 0,
        longer_of: Callable[[Path, Told], int] = lambda _file, _told: 0,
    ) -> None:
        """`need_bytes` is the memory without which the model of a file cannot be run.

        `longer_of` is how long a conversation of the owner's models may be, by what the engine tells of its room.
        """
        self._longer_of = longer_of
        self._places = places
        self._need_bytes = need_bytes
        self._told: Told | None = None
        self._leases = leases
        self._context_tokens = context_tokens
        self._kept: dict[str, Kept] = {}
        self._shipped: tuple[tuple[int, int], str] | None = None

    def offers(self) -> tuple[ModelOffer, ...]:
        """The model that came with the product and those of the owner; the first call reads a whole file."""
        known = self._known()
        here = [
            *self._came_with(),
            *((known.get(digest, ("", ""))[0] or name, digest, file) for name, digest, file in self._owned()),
        ]
        return tuple(self._offer(name, digest, file, known.get(digest, ("", ""))[1]) for name, digest, file in here)

    async def state(self) -> EngineState:
        """How the engine is; what is in memory is noted on the way."""
        try:
            async with asyncio.timeout(STATE_SECONDS):
                told = await self._leases.told()
        except (EngineError, TimeoutError):
            self._kept = {}
            return "down"
        self._told = told
        self._kept = {one.name: one for one in told.kept if one.ready}
        return "starting" if told.kept and not self._kept else "ready"

    def room(self) -> tuple[int, float]:
        """The memory that models may take together, and the bytes of weights a second; 0 where it is not known."""
        if self._told is None:
            return 0, 0.0
        return self._told.budget_bytes, float((self._told.measured or {}).get("writing_bytes_per_second", 0.0))

    def graphics(self) -> tuple[str, int, int]:
        """The card that computes, its own memory for models, and what is free of that; nothing where none does."""
        told = self._told.graphics if self._told is not None else None
        if self._told is None or told is None or not told.device:
            return "", 0, 0
        card = told.device[:200]
        if told.shared:
            return card, 0, 0
        taken = sum(one.graphics_bytes for one in self._told.kept)
        return card, told.memory_bytes, max(0, told.memory_bytes - taken)

    def file(self, digest: str) -> Path | None:
        """The file of a model that is here."""
        if self._shipped is not None and self._shipped[1] == digest:
            return self._places.models / SHIPPED
        file = self._file(digest)
        return file if file.is_file() else None

    @asynccontextmanager
    async def held(self, digest: str, *, is_use: bool = True) -> AsyncIterator[Path]:
        """The socket of a server with this model; raises EngineGoneError."""
        is_shipped = self._shipped is not None and self._shipped[1] == digest
        if not is_shipped and not self._file(digest).is_file():
            raise EngineGoneError("This model is not here.")
        try:
            async with self._leases.held(SHIPPED if is_shipped else f"{digest}.gguf", is_use=is_use) as lease:
                yield lease.socket
        except EngineError as error:
            raise EngineGoneError(str(error)) from error

    def _came_with(self) -> list[tuple[str, str, Path]]:
        file = self._places.models / SHIPPED
        if not file.is_file():
            return []
        looked = file.stat()
        version = (looked.st_size, looked.st_mtime_ns)
        if self._shipped is None or self._shipped[0] != version:
            self._shipped = (version, digest_of(file))
        told = self._places.models / "chat.json"
        name = json.loads(told.read_text(encoding="utf-8")).get("name") if told.exists() else None
        return [("-".join(str(name or file.stem).lower().split()), self._shipped[1], file)]

    def _owned(self) -> list[tuple[str, str, Path]]:
        """Named by their digest, until the list beside them says more."""
        found = sorted(self._places.own_models.glob("*.gguf")) if self._places.own_models.is_dir() else []
        return [(file.stem[:12], file.stem, file) for file in found if len(file.stem) == 64]

    def _known(self) -> dict[str, tuple[str, str]]:
        """Name and licence by digest, as the assistant's list beside the files has them."""
        try:
            listed = json.loads((self._places.own_models / LIST).read_text(encoding="utf-8"))["models"]
        except OSError:
            return {}
        return {one["sha256"]: (one["name"], one["licence"]) for one in reversed(listed)}

    def _offer(self, name: str, digest: str, file: Path, licence: str) -> ModelOffer:
        kept = self._kept.get(file.name)
        offer = ModelOffer(
            name=name,
            digest=digest,
            size_bytes=file.stat().st_size,
            context_tokens=self._context_of(file),
            licence=licence[:200],
            need_bytes=self._need_bytes(file),
        )
        if kept is None:
            return offer
        return replace(offer, is_loaded=True, context_tokens=kept.context_tokens, slots=kept.slots)

    def _context_of(self, file: Path) -> int:
        """What a conversation may hold once the model of this file is loaded."""
        if self._told is None or file.name == SHIPPED:
            return self._context_tokens
        return self._longer_of(file, self._told) or self._context_tokens

    def _file(self, digest: str) -> Path:
        return self._places.own_models / f"{digest}.gguf" if digest.isalnum() else self._places.own_models / "none"

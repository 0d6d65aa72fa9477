"""Asks other nodes of the mesh for vectors, through the mesh daemon, and computes theirs while this box is idle."""

import asyncio
import base64
import logging
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import numpy
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from assistant.embedding.client import Embedder
from assistant.errors import EmbedderUnavailableError, HelpEndedError
from firmware.sockets import UnixTransport

log = logging.getLogger(__name__)

ASK_SECONDS: Final = 2.0
BATCH_SECONDS: Final = 120.0
"""The mesh gives up sooner."""
POLL_SECONDS: Final = 30.0
BUSY_SECONDS: Final = 2.0
"""Until a busy box looks again whether it is idle."""
AWAY_SECONDS: Final = 10.0
"""Until a mesh that did not answer is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperNode:
    """A node that would compute vectors."""

    node_id: str
    name: str


class Helpers(Protocol):
    """Other nodes, as far as they compute vectors for this one."""

    async def who(self, model: str, without: Set[str]) -> HelperNode | None:
        """An idle node that has this very model; None where there is none."""
        ...

    async def vectors(self, node: HelperNode, model: str, texts: Sequence[str]) -> NDArray[numpy.float32]:
        """One row a text, believed by nobody yet. Raises HelpEndedError."""
        ...


class _Who(BaseModel):
    node_id: str = ""
    name: str = ""


class _Vectors(BaseModel):
    vectors: str


class _Batch(BaseModel):
    number: int
    texts: list[str]


class MeshHelpers:
    """The `Helpers` behind hearth-mesh's Unix socket."""

    def __init__(self, socket: Path) -> None:
        self._client = httpx.AsyncClient(transport=UnixTransport(socket), base_url="http://mesh", timeout=ASK_SECONDS)

    async def who(self, model: str, without: Set[str]) -> HelperNode | None:
        """See `Helpers.who`."""
        try:
            answer = await self._client.post("/help/who", json={"model": model, "without": sorted(without)})
            found = _Who.model_validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, ValidationError):
            return None
        return HelperNode(node_id=found.node_id, name=found.name) if found.node_id else None

    async def vectors(self, node: HelperNode, model: str, texts: Sequence[str]) -> NDArray[numpy.float32]:
        """See `Helpers.vectors`."""
        try:
            answer = await self._post(f"/help/from/{node.node_id}", {"model": model, "texts": list(texts)})
            told = _Vectors.model_validate_json(answer.raise_for_status().content)
            flat = numpy.frombuffer(base64.b64decode(told.vectors, validate=True), dtype="<f4")
            return flat.reshape(len(texts), -1).astype(numpy.float32)
        except (httpx.HTTPError, ValueError) as error:
            raise HelpEndedError(f"“{node.name}” stopped helping.") from error

    async def help_others(self, embedder: Embedder, *, is_idle: Callable[[], bool]) -> None:
        """Compute what other nodes ask for, whenever this box is idle, until cancelled."""
        while True:
            if not is_idle():
                await asyncio.sleep(BUSY_SECONDS)
                continue
            try:
                await self._help_once(embedder)
            except (httpx.HTTPError, ValidationError, EmbedderUnavailableError):
                await asyncio.sleep(AWAY_SECONDS)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _help_once(self, embedder: Embedder) -> None:
        answer = await self._client.post("/help/next", json={"model": embedder.model}, timeout=POLL_SECONDS)
        if answer.raise_for_status().status_code == httpx.codes.NO_CONTENT:
            return
        batch = _Batch.model_validate_json(answer.content)
        rows = await embedder.embed(batch.texts)
        told = base64.b64encode(rows.astype("<f4").tobytes()).decode()
        await self._client.post(f"/help/done/{batch.number}", json={"vectors": told})

    async def _post(self, path: str, content: dict[str, Any]) -> httpx.Response:
        return await self._client.post(path, json=content, timeout=BATCH_SECONDS)

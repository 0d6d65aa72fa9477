"""Speaks to the mesh agent over its Unix socket; the only module that does."""

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError


class Peer(BaseModel):
    """Another node that was seen on the network."""

    model_config = ConfigDict(frozen=True)

    node_id: str
    name: str
    address: str
    port: int


class MeshStatus(BaseModel):
    """How this node is known to others."""

    model_config = ConfigDict(frozen=True)

    node_id: str
    name: str
    fingerprint: str
    announced_as: str | None = None
    problem: str | None = None
    peers: tuple[Peer, ...] = ()


class MeshClient:
    """The mesh agent's status; None while it is away, which is no reason to fail a page."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def status(self) -> MeshStatus | None:
        """The agent's own words, or None."""
        try:
            answer = await self._http.get("/status", timeout=2.0)
            answer.raise_for_status()
            return MeshStatus.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError):
            return None

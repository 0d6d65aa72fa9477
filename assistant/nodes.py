"""The owner's way to the mesh: asks hearth-mesh over its Unix socket, and says its refusals as ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from assistant.errors import MeshAwayError, MeshRefusedError
from firmware.sockets import UnixTransport

ASK_SECONDS: Final = 15.0
SHORT_DIGEST: Final = 12
"""The mesh calls the owner's models by so much of their digests."""


def with_names(told: str, names: Mapping[str, str]) -> str:
    """A sentence of the mesh with the models called by their names, which are given by digest."""
    for digest, name in names.items():
        if digest:
            told = told.replace(digest[:SHORT_DIGEST], name)
    return told


class Nodes:
    """The mesh daemon, as its owner may use it."""

    def __init__(self, socket: Path) -> None:
        self._client = httpx.AsyncClient(transport=UnixTransport(socket), base_url="http://mesh", timeout=ASK_SECONDS)

    async def ask(
        self, method: str, path: str, content: dict[str, Any] | None = None, *, seconds: float = ASK_SECONDS
    ) -> dict[str, Any]:
        """The mesh as it is after this; raises `MeshAwayError` or `MeshRefusedError`."""
        try:
            answer = await self._client.request(method, path, json=content, timeout=seconds)
            told: dict[str, Any] = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise MeshAwayError from error
        if answer.is_success:
            return told
        error_told = told.get("error")
        if not isinstance(error_told, dict):
            raise MeshRefusedError("The mesh does not understand this. Reload the page and try again.")
        raise MeshRefusedError(str(error_told.get("message", "")))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

"""What `hearth bench` asks, for the owner of the box alone: one measurement each, of a model on a node or of a link."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.errors import documented
from assistant.api.nodes import Owner
from assistant.errors import MeshRefusedError
from assistant.nodes import Nodes, with_names

_RUN_SECONDS: Final = 600.0
"""An old PC with a large model that has to come from its disk first."""
_SPLIT_SECONDS: Final = 1200.0
_LINK_SECONDS: Final = 330.0
_NODE: Final = r"^[a-z2-7]{26}$"
_REFUSALS = documented(400, 401, 403, 409, 413, 422, 503)
Told = dict[str, Any]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitRunRequest(_Given):
    """A model, by the SHA-256 of its file, and what it is to read and write."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    seed: int = Field(default=1, ge=0, lt=1 << 53, description="The words of the prompt follow from it.")
    prompt_words: int = Field(default=256, ge=8, le=2048)
    output_tokens: int = Field(default=32, ge=4, le=512)


class RunRequest(SplitRunRequest):
    """The same, and on which node."""

    node_id: str = Field(pattern=_NODE)


class LinkRequest(_Given):
    """The link from one node to another, and how often its round trip is timed."""

    from_node: str = Field(pattern=_NODE)
    node_id: str = Field(pattern=_NODE)
    turns: int = Field(default=20, ge=1, le=200)


def router(nodes: Nodes, names: Callable[[], Mapping[str, str]] = dict) -> APIRouter:
    """The routes; `names` are those of this box's models by digest, which the mesh does not know."""

    async def measured(path: str, given: BaseModel, seconds: float) -> Told:
        try:
            return await nodes.ask("POST", path, given.model_dump(), seconds=seconds)
        except MeshRefusedError as error:
            raise MeshRefusedError(with_names(str(error), names())) from error

    routes = APIRouter(tags=["nodes"])

    @routes.post("/api/nodes/bench/run", summary="Measure a model on a node", responses=_REFUSALS)
    async def run(given: RunRequest, _owner: Owner) -> Told:
        """It reads and writes once; the tokens and seconds of both are told."""
        return await measured("/bench/run", given, _RUN_SECONDS)

    @routes.post("/api/nodes/bench/split", summary="Measure a model over several nodes", responses=_REFUSALS)
    async def split(given: SplitRunRequest, _owner: Owner) -> Told:
        """The same over this box and others, where that can be; it stays in their memory for a while."""
        return await measured("/bench/split", given, _SPLIT_SECONDS)

    @routes.delete("/api/nodes/bench/split", status_code=204, summary="End a model over nodes", responses=_REFUSALS)
    async def let_go(_owner: Owner) -> None:
        """The other nodes get their memory back now."""
        await nodes.ask("DELETE", "/split")

    @routes.post("/api/nodes/bench/link", summary="Measure a link", responses=_REFUSALS)
    async def link(given: LinkRequest, _owner: Owner) -> Told:
        """Round trips, and bits a second each way, over the encrypted connection that requests take."""
        return await measured("/bench/link", given, _LINK_SECONDS)

    return routes

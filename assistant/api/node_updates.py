"""Updates and the mesh on the wire, for the owner alone: what other nodes keep, and having other nodes updated."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.errors import documented
from assistant.api.nodes import NodeName, Owner
from assistant.api.updates import UpdatesAnswer
from assistant.nodes import Nodes
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.updates import Updates

_REFUSALS = documented(400, 401, 403, 404, 409, 413, 422, 503, 507)
_MESH_REFUSALS = documented(400, 401, 403, 409, 422, 503)


class ElsewhereAnswer(BaseModel):
    """An update on another node that is newer than all that is here."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    node_id: str
    node_name: str
    version: str = Field(description="As that node tells it; what it is in truth is looked at as it comes.")
    digest: str = Field(description="SHA-256 of the whole file, in hex.")
    size_bytes: int


class UpdatesElsewhereAnswer(BaseModel):
    """What other nodes keep, the newest first."""

    updates: list[ElsewhereAnswer]


class FetchRequest(BaseModel):
    """Which update of which node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node: Annotated[str, Field(min_length=1, max_length=100, description="The node's id or name.")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def router(nodes: Nodes, fetching: FetchedUpdates, updates: Updates) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get(
        "/api/updates/elsewhere", tags=["updates"], summary="See the updates of other nodes", responses=_REFUSALS
    )
    async def see(_owner: Owner) -> UpdatesElsewhereAnswer:
        """Those that are newer than what runs and lies here, on nodes that can be reached now."""
        found = await fetching.others.all()
        return UpdatesElsewhereAnswer(updates=[ElsewhereAnswer.model_validate(one) for one in found])

    @routes.post(
        "/api/updates/fetch",
        tags=["updates"],
        status_code=202,
        summary="Fetch an update from another node",
        responses=_REFUSALS,
    )
    async def fetch(given: FetchRequest, _owner: Owner) -> UpdatesAnswer:
        """Begin to copy and check it; `GET /api/updates` says how far that is. It goes on from what came before."""
        await fetching.begin(given.node, given.digest)
        return UpdatesAnswer.model_validate(await updates.state())

    @routes.post(
        "/api/nodes/update", tags=["nodes"], summary="Have all nodes updated, in turns", responses=_MESH_REFUSALS
    )
    async def update_all(_owner: Owner) -> dict[str, Any]:
        """On the home node: each that is behind, one after another; `update_turn` of a node says what comes of it."""
        await nodes.ask("POST", "/updates/all")
        return await nodes.ask("GET", "/nodes")

    @routes.delete("/api/nodes/update", tags=["nodes"], summary="Stop having nodes updated", responses=_MESH_REFUSALS)
    async def stop(_owner: Owner) -> dict[str, Any]:
        """On the home node: those that wait for their turn are left as they are; one that has begun goes on."""
        await nodes.ask("DELETE", "/updates/all")
        return await nodes.ask("GET", "/nodes")

    @routes.post("/api/nodes/{node_id}/update", tags=["nodes"], summary="Have a node updated", responses=_MESH_REFUSALS)
    async def update_one(node_id: NodeName, _owner: Owner) -> dict[str, Any]:
        """On the home node: that node fetches, checks and installs what is kept here, and starts anew by itself."""
        await nodes.ask("POST", f"/members/{node_id}/update")
        return await nodes.ask("GET", "/nodes")

    return routes

"""Owns the mesh agent's API on its Unix socket: what this node is called, and which others it sees."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from mesh.discovery import Discovery
from mesh.errors import MeshError
from mesh.identity import Identity


class PeerStatus(BaseModel):
    """Another node, as it describes itself; it has proven nothing yet."""

    node_id: str
    name: str
    address: str
    port: int


class Status(BaseModel):
    """This node in the mesh."""

    node_id: str
    name: str
    fingerprint: str
    announced_as: str | None
    problem: str | None
    peers: list[PeerStatus]


def build_app(*, identity: Identity, name: str, discovery: Discovery, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """The agent's application; whoever may open its socket may ask."""
    app = FastAPI(
        title="Hearth mesh agent",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )

    @app.get("/status")
    async def status() -> Status:
        return Status(
            node_id=identity.node_id,
            name=name,
            fingerprint=identity.fingerprint,
            announced_as=discovery.announced_as,
            problem=discovery.problem,
            peers=[
                PeerStatus(node_id=peer.node_id, name=peer.name, address=peer.address, port=peer.port)
                for peer in discovery.peers
            ],
        )

    for router in routers:
        app.include_router(router)

    @app.exception_handler(MeshError)
    async def refused(_request: Request, error: MeshError) -> Response:
        code = getattr(error, "code", "mesh_refused")
        return JSONResponse({"error": {"code": code, "message": str(error)}}, 409)

    return app

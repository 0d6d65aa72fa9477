"""Owns the doors on the mesh port for updates: their bytes, to members, and the wish that this node installs one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from mesh.belonging import Belonging
from mesh.errors import UpdateNotWantedError
from mesh.identity import NodeId
from mesh.kept_update import KeptUpdates
from mesh.travel import GIVING_ROLES, TravelQuestion, given
from mesh.update_wish import UPDATE, UpdateQuestion, UpdateWish


def _member(request: Request) -> NodeId:
    member: NodeId = request.state.member
    return member


CallingMember = Annotated[NodeId, Depends(_member)]


def updates_port_router(belonging: Belonging, kept: KeptUpdates, wish: UpdateWish) -> APIRouter:
    """The routes on the mesh port; its gate lets only members come to them."""
    routes = APIRouter()

    @routes.post("/updates/{digest}")
    async def give(digest: str, asked: TravelQuestion, _member: CallingMember) -> Response:
        membership = belonging.membership
        file = kept.file(digest) if membership is not None and membership.role in GIVING_ROLES else None
        return (given(file, asked) if file else None) or JSONResponse({"code": "no_update"}, 404)

    @routes.post(UPDATE)
    async def wished(asked: UpdateQuestion, member: CallingMember) -> Response:
        try:
            wish.wished(member, asked)
        except UpdateNotWantedError as error:
            return JSONResponse({"code": "not_wanted", "message": str(error)}, 409)
        return Response(status_code=204)

    return routes

"""Owns the doors for models that are wished onto other nodes: the owner's, the other node's, and its assistant's."""

from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from mesh.belonging import Belonging
from mesh.errors import ModelNotWantedError, NodeUnreachableError, NotHomeError
from mesh.identity import NodeId
from mesh.links import Links
from mesh.report import Bringing
from mesh.wishes import BRING, TAKING_ROLES, BringQuestion, HowFar, Wishes

_OLDER = "That box could not be asked: it may run an older Hearth. Update it, or copy the model on its own page."


def wishes_router(belonging: Belonging, links: Links, wishes: Wishes) -> APIRouter:
    """The agent's routes: of the owner, and of this node's assistant."""
    routes = APIRouter()

    @routes.post("/members/{node_id}/models", status_code=204)
    async def bring(node_id: str, asked: BringQuestion) -> None:
        if not belonging.is_home:
            raise NotHomeError
        member = belonging.home().roster.member(node_id)
        if member.role not in TAKING_ROLES:
            what = "this box" if member.role == "home" else f"a {member.role}"
            raise ModelNotWantedError(f"“{member.name}” is {what}, to which nothing is copied from here.")
        try:
            response = await links.ask(node_id, BRING, asked.model_dump_json().encode())
        except NodeUnreachableError as error:
            raise ModelNotWantedError(f"“{member.name}” does not answer now. Try again when it is back.") from error
        if response.status_code == httpx.codes.CONFLICT:
            raise ModelNotWantedError(str(response.json()["message"])[:300])
        if not response.is_success:
            raise ModelNotWantedError(_OLDER)

    @routes.get("/wishes")
    async def all_wishes() -> dict[str, list[Bringing]]:
        return {"wishes": list(wishes.told())}

    @routes.post("/wishes/{digest}", status_code=204)
    async def heard(digest: str, how_far: HowFar) -> None:
        wishes.heard(digest, how_far)

    return routes


def _member(request: Request) -> NodeId:
    member: NodeId = request.state.member
    return member


def wishes_port_router(wishes: Wishes) -> APIRouter:
    """The route on the mesh port; its gate lets only members come to it."""
    routes = APIRouter()

    @routes.post(BRING)
    async def bring(asked: BringQuestion, member: Annotated[NodeId, Depends(_member)]) -> Response:
        try:
            wishes.wished(member, asked)
        except ModelNotWantedError as error:
            return JSONResponse({"code": "not_wanted", "message": str(error)}, 409)
        return Response(status_code=204)

    return routes

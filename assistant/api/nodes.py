"""The mesh on the wire, for the owner of the box alone: who is in it, letting boxes in, joining, removing, leaving."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import owner_or_nobody
from assistant.api.errors import documented
from assistant.errors import MeshRefusedError
from assistant.nodes import Nodes, with_names
from assistant.people import Person

MemberRole = Literal["worker", "storage", "client"]
NodeName = Annotated[str, InPath(pattern=r"^[a-z2-7]{26}$", description="A node's id.")]
Session = Annotated[str, InPath(pattern=r"^[0-9a-f]{32}$", description="Names a newcomer who waits.")]
_REFUSALS = documented(400, 401, 403, 409, 413, 422, 503)


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ApproveRequest(_Given):
    """As what a newcomer is let in."""

    role: MemberRole = "worker"


class JoinMeshRequest(_Given):
    """A typed code with the address of the box that shows it, or all that its QR code says."""

    code: str = Field(min_length=1, max_length=200)
    address: str = Field(default="", max_length=100)
    port: int = Field(default=0, ge=0, le=65535)
    leaves: bool = Field(
        default=False, description="Whether this box leaves the mesh that it is in, once the other one lets it in."
    )


class DoorRequest(_Given):
    """Opens the door for the very box whose screen shows this token, in place of whoever is told the code."""

    token: str | None = Field(default=None, pattern=r"^[0-9a-hjkmnp-tv-z]{26}$")


FOR_ANY_BOX = DoorRequest()


class KnockRequest(_Given):
    """Where another Hearth of the house is."""

    address: str = Field(min_length=1, max_length=100)
    port: int = Field(default=7377, gt=0, le=65535)
    leaves: bool = Field(
        default=False, description="Whether this box leaves the mesh that it is in, once the other one lets it in."
    )


class ChangeRequest(_Given):
    """What to change of a node; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    role: MemberRole | None = None


class BringRequest(_Given):
    """Which model of this box."""

    name: str = Field(default="", max_length=100, description="The one that answers from the files, where left out.")


WHAT_ANSWERS = BringRequest()
Owner = Annotated[Person | None, Depends(owner_or_nobody)]
Told = dict[str, Any]
"""The mesh as it is afterwards: nodes, the open door, who waits, how far joining is, and what became of requests."""


def router(nodes: Nodes, names: Callable[[], Mapping[str, str]] = dict, chosen: Callable[[], str] = str) -> APIRouter:
    """The routes; `names` are those of this box's models by digest, which the mesh does not know.

    `chosen` is the digest of the model that answers from the files.
    """

    async def told(method: str, path: str, content: Told | None = None) -> Told:
        digest = chosen()
        mesh = await nodes.ask(method, f"{path}?digest={digest}" if digest else path, content)
        known = names()
        mesh["model"] = known.get(digest, "")
        for one in mesh.get("splits", []):
            one["name"] = known.get(one["digest"], one["name"])
            one["refusal"] = with_names(one["refusal"], known)
        return mesh

    routes = APIRouter(tags=["nodes"])

    @routes.get("/api/nodes", summary="See the mesh", responses=_REFUSALS)
    async def see(_owner: Owner) -> Told:
        """Every node with its load, links, models and heat."""
        return await told("GET", "/nodes")

    @routes.post("/api/nodes/door", summary="Open the door for a new box", responses=_REFUSALS)
    async def open_door(_owner: Owner, given: DoorRequest = FOR_ANY_BOX) -> Told:
        """For five minutes one box may come in, with the code or QR code that is told."""
        return await told("POST", "/window", given.model_dump(exclude_none=True))

    @routes.delete("/api/nodes/door", summary="Shut the door", responses=_REFUSALS)
    async def shut_door(_owner: Owner) -> Told:
        """The code opens nothing any more."""
        return await told("DELETE", "/window")

    @routes.post("/api/nodes/requests/{session}/approve", summary="Let a box in", responses=_REFUSALS)
    async def approve(session: Session, given: ApproveRequest, _owner: Owner) -> Told:
        """After both screens showed the same words."""
        return await told("POST", f"/requests/{session}/approve", {"role": given.role})

    @routes.post("/api/nodes/requests/{session}/refuse", summary="Send a box away", responses=_REFUSALS)
    async def refuse(session: Session, _owner: Owner) -> Told:
        """It is not let in."""
        return await told("POST", f"/requests/{session}/refuse")

    @routes.post("/api/nodes/join", summary="Join another mesh", responses=_REFUSALS)
    async def join(given: JoinMeshRequest, _owner: Owner) -> Told:
        """This box becomes a node of another one's mesh; look at `joining` for how far that is.

        One that is in a mesh moves with `leaves`: it stays where it is until the other one's owner has let it in.
        """
        return await told("POST", "/join", given.model_dump())

    @routes.post("/api/nodes/knock", summary="Show a QR code to another Hearth", responses=_REFUSALS)
    async def knock(given: KnockRequest, _owner: Owner) -> Told:
        """For five minutes this box shows a code; it joins the other one once its owner has scanned that and agreed."""
        return await told("POST", "/knock", given.model_dump())

    @routes.delete("/api/nodes/join", summary="Stop joining", responses=_REFUSALS)
    async def stop_joining(_owner: Owner) -> Told:
        """Give up."""
        return await told("DELETE", "/join")

    @routes.post("/api/nodes/leave", summary="Leave the mesh", responses=_REFUSALS)
    async def leave(_owner: Owner) -> Told:
        """This box is alone again; the home node dissolves its mesh."""
        return await told("POST", "/leave")

    @routes.patch("/api/nodes/{node_id}", summary="Rename a node, or change its role", responses=_REFUSALS)
    async def change(node_id: NodeName, given: ChangeRequest, _owner: Owner) -> Told:
        """On the home node."""
        return await told("POST", f"/members/{node_id}", given.model_dump(exclude_none=True))

    @routes.post("/api/nodes/{node_id}/models", summary="Copy a model to a node", responses=_REFUSALS)
    async def bring(node_id: NodeName, _owner: Owner, given: BringRequest = WHAT_ANSWERS) -> Told:
        """On the home node: that node fetches the model over the mesh; its `report.bringing` says how far it is."""
        wanted = {name: digest for digest, name in names().items() if digest}
        digest = wanted.get(given.name, "") if given.name else chosen()
        if not digest:
            raise MeshRefusedError("There is no model of this name here that could be copied.")
        await nodes.ask("POST", f"/members/{node_id}/models", {"digest": digest, "name": names().get(digest, digest)})
        return await told("GET", "/nodes")

    @routes.delete("/api/nodes/{node_id}", summary="Remove a node", responses=_REFUSALS)
    async def revoke(node_id: NodeName, _owner: Owner) -> Told:
        """On the home node: it is trusted no more, and what runs there is cut."""
        return await told("DELETE", f"/members/{node_id}")

    return routes

"""Engines of other makes on the wire, for the owner of the box alone: seen, added, changed, removed."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.errors import documented
from assistant.api.nodes import Owner
from assistant.models.foreign import ForeignModels
from assistant.nodes import Nodes

EngineName = Annotated[str, InPath(pattern=r"^[a-z2-7]{26}$", description="An engine's id.")]
Told = dict[str, Any]
"""The engines as they are afterwards, without their keys."""
_REFUSALS = documented(400, 401, 403, 409, 413, 422, 503)


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AddEngineRequest(_Given):
    """An engine with an OpenAI-compatible API, such as vLLM, SGLang, exo, Ollama or llama-server."""

    address: str = Field(min_length=1, max_length=300, description="Such as `192.168.1.20:11434` or `https://name/v1`.")
    name: str = Field(default="", max_length=100, description="What to call it; its host where empty.")
    key: str = Field(default="", max_length=2000, repr=False, description="Its key; it is never told again.")
    certificate: str = Field(
        default="", max_length=200, description="SHA-256 of a certificate that it made itself and that you vouch for."
    )
    may_be_away: bool = Field(
        default=False, description="It may be outside the house: what is asked there leaves the house."
    )
    may_read_files: bool = Field(
        default=False, description="Questions about files may go there, with the passages that were found."
    )


class ChangeEngineRequest(_Given):
    """What to change of an engine; what is left out stays, and an empty key takes the key away."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    key: str | None = Field(default=None, max_length=2000, repr=False)
    may_read_files: bool | None = None


def router(nodes: Nodes, foreign: ForeignModels) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["nodes"])

    @routes.get("/api/engines", summary="See the engines of other makes", responses=_REFUSALS)
    async def see(_owner: Owner) -> Told:
        """Each with its models, its speed, and why it cannot be used where it cannot."""
        return await nodes.ask("GET", "/engines")

    @routes.post("/api/engines", status_code=201, summary="Add an engine", responses=_REFUSALS)
    async def add(given: AddEngineRequest, _owner: Owner) -> Told:
        """It is tried first: it has to answer, to speak the OpenAI API and to have a model."""
        told = await nodes.ask("POST", "/engines", given.model_dump())
        await foreign.refresh()
        return told

    @routes.patch("/api/engines/{engine_id}", summary="Change an engine", responses=_REFUSALS)
    async def change(engine_id: EngineName, given: ChangeEngineRequest, _owner: Owner) -> Told:
        """Its name, its key, or whether it may see files."""
        told = await nodes.ask("POST", f"/engines/{engine_id}", given.model_dump(exclude_none=True))
        await foreign.refresh()
        return told

    @routes.delete("/api/engines/{engine_id}", summary="Remove an engine", responses=_REFUSALS)
    async def remove(engine_id: EngineName, _owner: Owner) -> Told:
        """Nothing is sent there any more, and its key is forgotten."""
        told = await nodes.ask("DELETE", f"/engines/{engine_id}")
        await foreign.refresh()
        return told

    return routes

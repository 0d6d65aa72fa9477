"""Models on plugged-in sticks on the wire, for the owner."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import owner_here
from assistant.api.errors import documented
from assistant.models.sticks import StickModels

_OWNER_ALONE: Final = [Depends(owner_here)]


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class StickModelAnswer(_Told):
    """A model's file on a stick."""

    disk_id: str
    disk: str
    path: str
    size_bytes: int


class TakingAnswer(_Told):
    """How far the taking of one model is."""

    name: str
    disk: str
    size_bytes: int
    taken_bytes: int
    is_running: bool
    problem: str = Field(description="Why it was not taken; a sentence, empty where nothing is wrong.")


class StickModelsAnswer(_Told):
    """What lies on plugged-in sticks, and what is being taken from them."""

    models: list[StickModelAnswer]
    importing: list[TakingAnswer]


class StickModelRequest(BaseModel):
    """Which file to take in, and how the model is to be called; by default as the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    disk_id: Annotated[str, Field(min_length=1, max_length=64)]
    path: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
    name: Annotated[str, Field(max_length=200)] = ""


def router(sticks: StickModels) -> APIRouter:
    """What there is on sticks, and taking it."""
    routes = APIRouter(tags=["models"])

    @routes.get(
        "/api/models/sticks",
        summary="Models on USB sticks",
        responses=documented(401, 403),
        dependencies=_OWNER_ALONE,
    )
    async def list_sticks() -> StickModelsAnswer:
        """GGUF files on the sticks and disks that are plugged into this box."""
        return StickModelsAnswer(
            models=[StickModelAnswer.model_validate(one) for one in await sticks.found()],
            importing=[TakingAnswer.model_validate(one) for one in sticks.takings()],
        )

    @routes.post(
        "/api/models/sticks",
        status_code=202,
        summary="Import a model from a stick",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
        dependencies=_OWNER_ALONE,
    )
    async def take(given: StickModelRequest) -> TakingAnswer:
        """Begin to take a model in; its head is checked first, and the stick is not changed."""
        return TakingAnswer.model_validate(await sticks.take(given.disk_id, given.path, given.name))

    return routes

"""Updates of the system on the wire, for the owner: bringing one, installing it, and the restart that uses it."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import owner_here
from assistant.api.errors import documented
from assistant.api.house_models import declared_length
from assistant.updates.arriving import Arrivals
from assistant.updates.sticks import StickUpdate, StickUpdates
from assistant.updates.updates import Updates

_OWNER_ALONE: Final = [Depends(owner_here)]
_RAW_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The update file's bytes, as they are.",
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class KeptAnswer(_Told):
    """An update that is here, whole and signed."""

    version: str
    digest: str = Field(description="SHA-256 of the whole file, in hex.")
    size_bytes: int


class GoingAnswer(_Told):
    """What is being done with an update now."""

    what: Literal["fetching", "checking", "installing"]
    share: float = Field(description="How much of it is done, from 0 to 1.")


class UpdatesAnswer(_Told):
    """All that can be said of updates on this box."""

    running: str = Field(description="The version that runs.")
    waiting: str | None = Field(description="Installed, and used from the next start on.")
    failed: str | None = Field(description="It was started and did not work, so that the one before came back.")
    kept: KeptAnswer | None
    going: GoingAnswer | None
    problem: str = Field(description="Why the last thing in the background failed; a sentence, empty where it did not.")
    can_install: bool = Field(description="Whether this box's system can be updated from here.")
    takes_updates: bool = Field(description="Whether this box has the key of a maker whose updates it takes.")


class StickUpdateAnswer(_Told):
    """An update's file on a stick."""

    disk_id: str
    disk: str
    path: str
    size_bytes: int
    version: str | None = Field(description="Null where nobody whom this box knows has signed it.")
    problem: str = Field(description="Why it can't be taken; a sentence, empty where it can.")


class StickUpdatesAnswer(_Told):
    """The updates on plugged-in sticks."""

    updates: list[StickUpdateAnswer]


class StickUpdateRequest(BaseModel):
    """Which file to take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    disk_id: Annotated[str, Field(min_length=1, max_length=64)]
    path: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]


def router(updates: Updates, sticks: StickUpdates) -> APIRouter:
    """What is known of updates, bringing one, and using it."""
    routes = APIRouter(tags=["updates"], dependencies=_OWNER_ALONE)
    routes.include_router(_brought(updates, sticks))
    routes.include_router(_used(updates))
    return routes


def _brought(updates: Updates, sticks: StickUpdates) -> APIRouter:
    routes = APIRouter()
    arrivals = Arrivals(updates)

    @routes.put(
        "/api/updates",
        status_code=201,
        summary="Bring an update",
        openapi_extra=_RAW_BODY,
        responses=documented(401, 403, 409, 422, 503, 507),
    )
    async def bring(request: Request) -> KeptAnswer:
        """Check an update file and keep it; a file that is none for this box is refused at its first 64 KiB."""
        return KeptAnswer.model_validate(await arrivals.take(request.stream(), declared_length(request)))

    @routes.delete("/api/updates", status_code=204, summary="Forget an update", responses=documented(401, 403, 409))
    async def forget() -> None:
        """Delete the file that is kept; what is installed stays so."""
        await updates.forget()

    @routes.get("/api/updates/sticks", summary="Updates on USB sticks", responses=documented(401, 403, 409))
    async def list_sticks() -> StickUpdatesAnswer:
        """Update files on the sticks and disks that are plugged into this box."""
        return StickUpdatesAnswer(updates=[_on_stick(one) for one in await sticks.found()])

    @routes.post(
        "/api/updates/sticks",
        status_code=202,
        summary="Take an update from a stick",
        responses=documented(400, 401, 403, 404, 409, 422, 503, 507),
    )
    async def take(given: StickUpdateRequest) -> UpdatesAnswer:
        """Begin to copy and check it; the stick is not changed."""
        await sticks.take(given.disk_id, given.path)
        return UpdatesAnswer.model_validate(await updates.state())

    return routes


def _used(updates: Updates) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/updates", summary="Show updates", responses=documented(401, 403, 409))
    async def show() -> UpdatesAnswer:
        """Which version runs, which waits, and what is being done."""
        return UpdatesAnswer.model_validate(await updates.state())

    @routes.post(
        "/api/updates/install",
        status_code=202,
        summary="Install the update",
        responses=documented(401, 403, 409, 422, 503, 507),
    )
    async def install() -> UpdatesAnswer:
        """Begin to write what is kept beside the running system, for the next start."""
        return UpdatesAnswer.model_validate(await updates.install())

    @routes.post(
        "/api/updates/restart",
        status_code=204,
        summary="Restart with the new version",
        responses=documented(401, 403, 409, 422, 503),
    )
    async def restart() -> None:
        """Start the box anew in a moment; answers that are being written end."""
        await updates.restart()

    return routes


def _on_stick(one: StickUpdate) -> StickUpdateAnswer:
    return StickUpdateAnswer(
        disk_id=one.on.disk_id,
        disk=one.on.disk,
        path=one.on.path,
        size_bytes=one.on.size_bytes,
        version=one.version,
        problem=one.problem,
    )

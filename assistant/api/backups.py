"""Backups on the wire: made by the owner, fetched once; and restored onto a box that nobody has claimed."""

from typing import Annotated, Any, Final
from urllib.parse import quote, unquote

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import CurrentPerson, OwnerHere, client_of
from assistant.api.documents import body_of
from assistant.api.errors import documented
from assistant.api.models import Identifier
from assistant.backup.desk import BackupDesk
from assistant.backup.errors import BackupNotFoundError
from assistant.backup.restore_desk import RestoreDesk
from assistant.rights import Deed, may

_SEALED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The backup, sealed with its passphrase.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_RAW_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The backup's bytes, as they are.",
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Spelled = Annotated[str, Header(max_length=4000, description="Percent-encoded UTF-8.")]


class BackupRequest(BaseModel):
    """Asks for a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passphrase: Annotated[str, Field(max_length=1000, description="At least 12 characters; nothing opens it without.")]


class BackupAnswer(BaseModel):
    """A backup that can be fetched once, within ten minutes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: str
    name: str = Field(description="A file name for it.")
    size_bytes: int = Field(description="About as many as it will have.")


class RestoredAnswer(BaseModel):
    """What a backup said of itself; the box starts anew with it now."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    made_at: str
    people: int
    documents: int
    models: list[str] = Field(description="The models that the old box had.")


def router(desk: BackupDesk) -> APIRouter:
    """The routes of making backups."""
    routes = APIRouter(tags=["backups"])

    @routes.post(
        "/api/backups",
        status_code=201,
        summary="Make a backup",
        responses=documented(400, 401, 403, 409, 413, 422, 507),
    )
    async def make_backup(given: BackupRequest, owner: OwnerHere) -> BackupAnswer:
        """Everything of everybody at this moment: files, index, chats, accounts, hashes of keys, names of models."""
        return BackupAnswer.model_validate(await desk.prepare(owner.id, given.passphrase))

    @routes.get(
        "/api/backups/{backup_id}",
        summary="Fetch a backup",
        response_class=StreamingResponse,
        responses={**_SEALED, **documented(401, 404, 409, 422)},
    )
    async def fetch_backup(backup_id: Identifier, person: CurrentPerson) -> StreamingResponse:
        """The backup as it is made; it can be fetched once."""
        if not may(person.role, Deed.BACK_UP):
            raise BackupNotFoundError
        fetching = desk.take(backup_id, person.id)
        disposition = f'attachment; filename="{quote(fetching.ticket.name)}"'
        return StreamingResponse(
            fetching.pieces(), media_type="application/octet-stream", headers={"Content-Disposition": disposition}
        )

    return routes


def restore_router(desk: RestoreDesk) -> APIRouter:
    """The one route of restoring, which is open on a box that nobody has claimed."""
    routes = APIRouter(tags=["backups"])

    @routes.put(
        "/api/restore",
        summary="Restore a backup",
        openapi_extra=_RAW_BODY,
        responses=documented(403, 409, 413, 422, 429, 503, 507),
    )
    async def restore(
        request: Request,
        x_hearth_passphrase: Spelled,
        x_hearth_setup_code: Spelled = "",
    ) -> RestoredAnswer:
        """Take everything from a backup; the box then starts anew, and its people sign in as on the old one."""
        is_local = request.state.caller is not None and request.state.caller.session is None
        about = await desk.restore(
            body_of(request),
            passphrase=unquote(x_hearth_passphrase),
            code=None if is_local else unquote(x_hearth_setup_code),
            client=client_of(request),
        )
        return RestoredAnswer.model_validate(about)

    return routes

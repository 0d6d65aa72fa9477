"""Backups on the wire: made by the owner, fetched once; and restored onto a box that nobody has claimed."""

from collections.abc import Callable, Collection, Mapping
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
from assistant.backup.disk_desk import DiskDesk
from assistant.backup.errors import BackupNotFoundError
from assistant.backup.restore_desk import RestoreDesk
from assistant.backup.restored import missing
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
    size_bytes: int


class DiskBackupRequest(BaseModel):
    """Asks for a backup that is written onto a disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    passphrase: Annotated[str, Field(max_length=1000, description="At least 12 characters; nothing opens it without.")]
    disk_id: Identifier


class WritingAnswer(BaseModel):
    """How far the writing of a backup onto a disk is."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    disk: str
    name: str = Field(description="What the file is called.")
    total_bytes: int
    written_bytes: int
    is_running: bool
    problem: str = Field(description="Why it was not written, as a sentence; empty where it was.")


class LastWritingAnswer(BaseModel):
    """The last backup that was written onto a disk since the box started."""

    model_config = ConfigDict(frozen=True)

    writing: WritingAnswer | None


class BackupOnDisk(BaseModel):
    """A backup that lies on a disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    disk_id: Identifier
    path: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]


class FoundBackup(BackupOnDisk):
    """A backup that was found on a disk."""

    disk: str
    size_bytes: int


class FoundBackups(BaseModel):
    """All of them, the newest first."""

    model_config = ConfigDict(frozen=True)

    backups: list[FoundBackup]


class RestoredAnswer(BaseModel):
    """What a backup said of itself; the box starts anew with it now."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    made_at: str
    people: int
    documents: int
    models: list[str] = Field(description="The models that the old box had.")
    missing_models: list[str] = Field(description="Those of them that this box has not; their files are in no backup.")


def router(desk: BackupDesk, disk_desk: DiskDesk) -> APIRouter:
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

    @routes.post(
        "/api/disk-backups",
        status_code=202,
        summary="Write a backup onto a disk",
        responses=documented(400, 401, 403, 404, 409, 413, 422, 507),
    )
    async def write_backup(given: DiskBackupRequest, owner: OwnerHere) -> WritingAnswer:
        """Begin to write everything of everybody at this moment onto a plugged-in disk, as one sealed file."""
        return WritingAnswer.model_validate(await disk_desk.begin(owner.id, given.passphrase, given.disk_id))

    @routes.get("/api/disk-backups", summary="How far a disk's backup is", responses=documented(401, 403, 409))
    async def last_written(_owner: OwnerHere) -> LastWritingAnswer:
        """The backup that is being written onto a disk, or was written last since the box started."""
        last = disk_desk.last
        return LastWritingAnswer(writing=None if last is None else WritingAnswer.model_validate(last))

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


def restore_router(desk: RestoreDesk, here: Callable[[], Collection[str]]) -> APIRouter:
    """The routes of restoring, which are open on a box that nobody has claimed; `here` names the models of this box."""
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
        about = await desk.restore(
            body_of(request),
            passphrase=unquote(x_hearth_passphrase),
            code=_code(request, x_hearth_setup_code),
            client=client_of(request),
        )
        return _restored(about, here())

    @routes.post(
        "/api/restore/disks",
        summary="Backups on plugged-in disks",
        responses=documented(403, 409, 422, 429),
    )
    async def look_onto_disks(request: Request, x_hearth_setup_code: Spelled = "") -> FoundBackups:
        """Every backup at the top of a disk that is plugged into this box, for who has the set-up code."""
        found = await desk.on_disks(code=_code(request, x_hearth_setup_code), client=client_of(request))
        return FoundBackups(
            backups=[
                FoundBackup(disk_id=disk.id, disk=disk.name, path=one.path, size_bytes=one.size_bytes)
                for disk, one in found
            ]
        )

    @routes.post(
        "/api/restore/from-disk",
        summary="Restore a backup from a disk",
        responses=documented(400, 403, 404, 409, 413, 422, 429, 503, 507),
    )
    async def restore_from_disk(
        request: Request,
        given: BackupOnDisk,
        x_hearth_passphrase: Spelled,
        x_hearth_setup_code: Spelled = "",
    ) -> RestoredAnswer:
        """Take everything from a backup on a disk that is plugged into this box; the box then starts anew."""
        about = await desk.restore_from(
            given.disk_id,
            given.path,
            passphrase=unquote(x_hearth_passphrase),
            code=_code(request, x_hearth_setup_code),
            client=client_of(request),
        )
        return _restored(about, here())

    return routes


def _restored(about: Mapping[str, Any], here: Collection[str]) -> RestoredAnswer:
    return RestoredAnswer.model_validate({**about, "missing_models": missing(about["models"], here)})


def _code(request: Request, told: str) -> str | None:
    """The set-up code that was typed; nothing for a program on this box, which needs none."""
    is_local = request.state.caller is not None and request.state.caller.session is None
    return None if is_local else unquote(told)

"""Watched folders and plugged-in disks on the wire."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import Caller, CurrentCaller, CurrentPerson, PersonHere
from assistant.api.documents import shelf_named
from assistant.api.errors import documented
from assistant.api.models import Identifier
from assistant.disks import Disks, Import
from assistant.rights import Deed
from assistant.watching import WatchedFolder, Watching

_MOST_PROBLEMS = 100
"""Told of one import; how many more there are is said."""
_PATH = Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")


class FolderRequest(BaseModel):
    """A folder of this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, _PATH]
    shelf: Annotated[str, Field(max_length=64)] = "private"


class ImportRequest(BaseModel):
    """What is to be taken from a disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: Annotated[list[Annotated[str, _PATH]], Field(min_length=1, max_length=1000)]
    shelf: Annotated[str, Field(max_length=64)] = "private"


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class FolderAnswer(_Told):
    """A watched folder."""

    id: str
    path: str
    name: str
    shelf_id: str
    files: int
    looked_at: datetime | None
    missing: int = Field(
        description="Files that are kept though they are not there: they may lie on a disk that is away."
    )
    problem: str | None = Field(description="What could not be taken from it; a sentence.")


class FoldersAnswer(_Told):
    """Every watched folder whose shelf the caller may read."""

    folders: list[FolderAnswer]


class DiskAnswer(_Told):
    """A disk that is plugged in."""

    id: str
    name: str


class ImportAnswer(_Told):
    """How far the taking of files from a disk is."""

    disk: str
    total: int
    done: int
    problems: list[str]
    is_running: bool


class DisksAnswer(_Told):
    """Every disk that is plugged in, and the caller's last import."""

    disks: list[DiskAnswer]
    importing: ImportAnswer | None


class OnDiskAnswer(_Told):
    """A file or folder on a disk."""

    path: str
    is_folder: bool
    size_bytes: int


class DiskFilesAnswer(_Told):
    """What lies in a folder of a disk, folders first."""

    files: list[OnDiskAnswer]


def router(*, watching: Watching, disks: Disks) -> APIRouter:
    """The routes of folders and disks."""
    routes = APIRouter(tags=["folders"])

    @routes.get("/api/folders", summary="Watched folders", responses=documented(401, 409))
    async def list_folders(caller: CurrentCaller, _person: CurrentPerson) -> FoldersAnswer:
        """Every watched folder whose shelf the caller may read."""
        return FoldersAnswer(folders=[_told(folder) for folder in watching.folders() if folder.shelf in caller.shelves])

    @routes.post(
        "/api/folders",
        status_code=201,
        summary="Watch a folder",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def watch_folder(given: FolderRequest, caller: CurrentCaller, _person: PersonHere) -> FolderAnswer:
        """Put the files of a folder of this machine onto a shelf, and follow what happens in the folder."""
        caller.refuse_unless(Deed.WATCH_FOLDERS)
        return _told(await watching.add(given.path, shelf_named(caller, given.shelf)))

    @routes.delete(
        "/api/folders/{folder_id}",
        status_code=204,
        summary="Watch a folder no longer",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def stop_watching(folder_id: Identifier, caller: CurrentCaller, _person: PersonHere) -> None:
        """What came from the folder stays on its shelf."""
        caller.refuse_unless(Deed.WATCH_FOLDERS)
        watching.stop(folder_id)

    @routes.post(
        "/api/folders/{folder_id}/gone",
        summary="Say that what a folder misses is really gone",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def let_go(folder_id: Identifier, caller: CurrentCaller, _person: PersonHere) -> FolderAnswer:
        """Take the files away that are kept because they may lie on a disk that is away."""
        caller.refuse_unless(Deed.WATCH_FOLDERS)
        return _told(await watching.let_go(folder_id))

    @routes.get("/api/disks", summary="Plugged-in disks", responses=documented(401, 403, 409))
    async def list_disks(caller: CurrentCaller, person: PersonHere) -> DisksAnswer:
        """Every USB stick and disk that is plugged in, and how far the caller's last import is."""
        _refuse(caller)
        importing = disks.progress(person.id)
        return DisksAnswer(
            disks=[DiskAnswer.model_validate(disk) for disk in await disks.disks()],
            importing=None if importing is None else _progress(importing),
        )

    @routes.get("/api/disks/{disk_id}/files", summary="Look onto a disk", responses=documented(401, 403, 404, 409, 422))
    async def list_disk(
        disk_id: Identifier,
        caller: CurrentCaller,
        _person: PersonHere,
        folder: Annotated[str, Query(max_length=4000, pattern=r"^[^\x00]*$", description="From the disk's root.")] = "",
    ) -> DiskFilesAnswer:
        """What lies in a folder of the disk; hidden files and links are left out."""
        _refuse(caller)
        return DiskFilesAnswer(files=[OnDiskAnswer.model_validate(one) for one in await disks.inside(disk_id, folder)])

    @routes.post(
        "/api/disks/{disk_id}/import",
        status_code=202,
        summary="Take files from a disk",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def import_files(
        disk_id: Identifier, given: ImportRequest, caller: CurrentCaller, person: PersonHere
    ) -> ImportAnswer:
        """Begin to put these files, and all files in these folders, onto a shelf; the disk is not changed."""
        _refuse(caller)
        taken = await disks.take(disk_id, given.paths, shelf_named(caller, given.shelf), person.id)
        return _progress(taken)

    return routes


def _refuse(caller: Caller) -> None:
    caller.refuse_unless(Deed.IMPORT_DISKS)


def _told(folder: WatchedFolder) -> FolderAnswer:
    return FolderAnswer(
        id=folder.id,
        path=folder.path,
        name=folder.name,
        shelf_id=folder.shelf,
        files=folder.files,
        looked_at=folder.looked_at,
        missing=folder.missing,
        problem=folder.problem,
    )


def _progress(taking: Import) -> ImportAnswer:
    more = len(taking.problems) - _MOST_PROBLEMS
    return ImportAnswer(
        disk=taking.disk,
        total=taking.total,
        done=taking.done,
        problems=[*taking.problems[:_MOST_PROBLEMS], *([f"And {more} more."] if more > 0 else [])],
        is_running=taking.is_running,
    )

"""Documents on the wire: sent as they are, listed, read page by page, deleted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from assistant.api.callers import Caller, CurrentCaller
from assistant.api.errors import documented
from assistant.api.household_wire import DocumentChange, FilePassword
from assistant.api.models import DocumentAnswer, DocumentsAnswer, Identifier, PageAnswer
from assistant.documents import Document, display_name
from assistant.errors import TookTooLongError
from assistant.filters import kind_of
from assistant.household_errors import NotClaimedError
from assistant.identifiers import DocumentId, ShelfId, private_shelf
from assistant.library import Library
from assistant.library_errors import ShelfNotFoundError
from assistant.shelf_files import fit_path

_CHUNK_SECONDS = 60.0
_LARGEST_NUMBER = 2**31 - 1

Shelf = Annotated[str, Query(max_length=64, description="`private`, `household`, or the id of a shelf to put it on.")]
PageNumber = Annotated[int, Path(ge=1, le=_LARGEST_NUMBER, description="Counted from 1.")]
Offset = Annotated[int, Query(ge=0, le=_LARGEST_NUMBER, description="Characters into the page's text.")]
Width = Annotated[int, Query(ge=100, le=2400, description="Of the picture, in pixels.")]

_SOURCE: Final = (
    "By what the sender knows this file. Sent again with it, the file replaces what it was before; without, and where "
    "another file has its place, it takes a name beside it."
)
_RAW_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The file's bytes, as they are.",
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The picture.", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
_ORIGINAL: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file's bytes, as they were sent.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(library: Library) -> APIRouter:
    """The routes of documents; each reaches the caller's own shelves and no other."""
    routes = APIRouter(tags=["documents"])
    _add_and_list(routes, library)
    _one_document(routes, library)
    _what_it_holds(routes, library)
    return routes


def _add_and_list(routes: APIRouter, library: Library) -> None:
    @routes.put(
        "/api/documents",
        status_code=201,
        summary="Add a file",
        openapi_extra=_RAW_BODY,
        responses={
            200: {"model": DocumentAnswer, "description": "The shelf already had these very bytes."},
            **documented(401, 403, 404, 409, 413, 422, 503, 507),
        },
    )
    async def add_document(
        request: Request,
        response: Response,
        caller: CurrentCaller,
        name: Annotated[str, Query(min_length=1, max_length=1000, description="Such as `report.pdf`.")],
        shelf: Shelf = "private",
        folder: Annotated[str, Query(max_length=2000, description="Such as `letters/2026`.")] = "",
        source: Annotated[str | None, Query(max_length=100, description=_SOURCE)] = None,
    ) -> DocumentAnswer:
        """Keep a file and begin to read it; `status` and `progress` say how far that is."""
        added = await library.add(
            name=name,
            shelf=shelf_named(caller, shelf),
            body=body_of(request),
            folder=fit_path(folder) if folder.strip("/ ") else "",
            added_by=caller.person.id if caller.person else None,
            source=source or None,
        )
        response.status_code = 201 if added.is_new else 200
        return told_document(added.document, caller)

    @routes.get("/api/documents", summary="List the files", responses=documented(401))
    async def list_documents(caller: CurrentCaller) -> DocumentsAnswer:
        """Every file that the caller may read, newest first."""
        return DocumentsAnswer(
            documents=[told_document(document, caller) for document in library.documents(caller.shelves)]
        )


def _one_document(routes: APIRouter, library: Library) -> None:
    @routes.get("/api/documents/{document_id}", summary="One file", responses=documented(401, 404, 422))
    async def get_document(document_id: Identifier, caller: CurrentCaller) -> DocumentAnswer:
        """What is known of the file, and how far it has been read."""
        return told_document(library.document(DocumentId(document_id), caller.shelves), caller)

    @routes.delete(
        "/api/documents/{document_id}",
        status_code=204,
        summary="Delete a file",
        responses=documented(401, 403, 404, 422),
    )
    async def delete_document(document_id: Identifier, caller: CurrentCaller) -> None:
        """Remove the file and all that was made of it."""
        document = library.document(DocumentId(document_id), caller.shelves)
        caller.refuse_change(document.shelf)
        await library.delete(document.id, [document.shelf])

    @routes.patch(
        "/api/documents/{document_id}",
        summary="Rename, move or share a file",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def change_document(document_id: Identifier, given: DocumentChange, caller: CurrentCaller) -> DocumentAnswer:
        """Call a file otherwise, or lay it into another folder or onto another shelf. It is not read again."""
        document = library.document(DocumentId(document_id), caller.shelves)
        caller.refuse_change(document.shelf)
        if given.name is not None or given.folder is not None:
            name = document.name if given.name is None else display_name(given.name)
            folder = document.folder if given.folder is None else given.folder
            document = await library.rename(document.id, f"{folder}/{name}", [document.shelf])
        if given.shelf is not None:
            document = await library.move(document.id, shelf_named(caller, given.shelf), [document.shelf])
        return told_document(document, caller)

    @routes.post(
        "/api/documents/{document_id}/retry",
        summary="Read a file again",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def retry_document(document_id: Identifier, caller: CurrentCaller) -> DocumentAnswer:
        """Try once more to read a file that could not be read."""
        document = library.document(DocumentId(document_id), caller.shelves)
        caller.refuse_change(document.shelf)
        return told_document(await library.try_again(document.id, [document.shelf]), caller)

    @routes.post(
        "/api/documents/{document_id}/unlock",
        summary="Open a locked file",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def unlock_document(document_id: Identifier, given: FilePassword, caller: CurrentCaller) -> DocumentAnswer:
        """Read a locked file with its password. Where it is a wrong one, `is_locked` and `reason` say so soon after."""
        document = library.document(DocumentId(document_id), caller.shelves)
        caller.refuse_change(document.shelf)
        unlocked = await library.unlock(document.id, given.password.get_secret_value(), [document.shelf])
        return told_document(unlocked, caller)


def _what_it_holds(routes: APIRouter, library: Library) -> None:
    @routes.get(
        "/api/documents/{document_id}/original",
        summary="The file itself",
        response_class=FileResponse,
        responses={**_ORIGINAL, **documented(401, 404, 422)},
    )
    async def get_original(document_id: Identifier, caller: CurrentCaller) -> FileResponse:
        """The file as it was sent, always as a download: a browser must never run what is in it."""
        document = library.document(DocumentId(document_id), caller.shelves)
        path = library.original(document.id, caller.shelves)
        return FileResponse(path, media_type="application/octet-stream", filename=document.name)

    @routes.get(
        "/api/documents/{document_id}/pages/{page}", summary="A page's text", responses=documented(401, 404, 422)
    )
    async def get_page(document_id: Identifier, page: PageNumber, caller: CurrentCaller) -> PageAnswer:
        """The text to which the offsets of passages and citations refer."""
        text = library.page_text(DocumentId(document_id), page, caller.shelves)
        has_picture = library.has_picture(DocumentId(document_id), page, caller.shelves)
        return PageAnswer(page=page, text=text, has_picture=has_picture)

    @routes.get(
        "/api/documents/{document_id}/pages/{page}/picture",
        summary="A page's picture",
        response_class=Response,
        responses={**_PICTURE, **documented(401, 404, 422, 503)},
    )
    async def get_picture(
        document_id: Identifier,
        page: PageNumber,
        caller: CurrentCaller,
        start: Offset = 0,
        end: Offset = 0,
        width: Width = 1000,
    ) -> Response:
        """A page of a PDF or a scan, with the characters from `start` to `end` marked; other pages have no picture."""
        picture = await library.page_picture(
            DocumentId(document_id), page, caller.shelves, start=start, end=end, width=width
        )
        return Response(picture, media_type="image/png")


def shelf_named(caller: Caller, shelf: str) -> ShelfId:
    """The shelf that the caller names: `private`, `household` or an id. Raises where they may not change it."""
    named = readable(caller, shelf)
    caller.refuse_change(named)
    return named


def readable(caller: Caller, shelf: str) -> ShelfId:
    """The shelf that the caller names. Raises where they may not read it."""
    named = ShelfId(shelf)
    if shelf == "private":
        if caller.person is None:
            raise NotClaimedError
        named = private_shelf(caller.person.id)
    if named not in caller.shelves:
        raise ShelfNotFoundError
    return named


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The request's bytes; a sender that falls silent is given up."""
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(_CHUNK_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            message = "The file stopped arriving, so nothing was kept. Check the network and send it again."
            raise TookTooLongError(message) from error
        if chunk is None:
            return
        yield chunk


def told_document(document: Document, caller: Caller) -> DocumentAnswer:
    """A document as this caller sees it."""
    return DocumentAnswer(
        id=document.id,
        name=document.name,
        shelf="household" if document.shelf in caller.reach.household else "private",
        shelf_id=document.shelf,
        folder=document.folder,
        added_by=document.added_by,
        may_change=document.shelf in caller.reach.changeable,
        media_type=document.media_type,
        size_bytes=document.size_bytes,
        pages=document.pages,
        status=document.status.value,
        reason=document.reason,
        notes=list(document.notes),
        progress=document.progress,
        added_at=document.added_at,
        kind=kind_of(document),
        dated_at=document.dated_at,
        is_locked=document.is_locked,
    )

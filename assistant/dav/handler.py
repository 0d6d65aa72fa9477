"""Answers WebDAV's methods over the library: what is dropped is kept, read and found, within the caller's shelves."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from assistant.api.callers import Caller
from assistant.api.documents import body_of
from assistant.dav.answers import ROOT, XML, lock, multistatus
from assistant.dav.empties import Empties
from assistant.dav.tree import Node, Place, children, place_of, shelf_names
from assistant.documents import Document
from assistant.errors import AssistantError
from assistant.household_errors import NotAllowedError
from assistant.identifiers import ShelfId
from assistant.library import Library
from assistant.library_errors import DocumentNotFoundError, EmptyUploadError, FileNameTakenError, UploadTooLargeError
from assistant.litter import lies_in_litter
from assistant.shelf_files import fit_path, folder_of
from assistant.shelves import Shelves

METHODS: Final = (
    "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "GET", "HEAD", "PUT", "DELETE", "MOVE", "COPY", "LOCK", "UNLOCK",
)  # fmt: skip


class Dav:
    """One handler for all people; every request says who it is for."""

    def __init__(self, *, library: Library, shelves: Shelves) -> None:
        self._library = library
        self._shelves = shelves
        self._empties = Empties()
        self._answers: dict[str, Callable[[Request, Caller, Place], Awaitable[Response]]] = {
            "PROPFIND": self._find,
            "PROPPATCH": self._patch,
            "MKCOL": self._make_folder,
            "GET": self._get,
            "HEAD": self._get,
            "PUT": self._put,
            "DELETE": self._delete,
            "MOVE": self._move,
            "COPY": self._copy,
            "LOCK": self._lock,
            "UNLOCK": self._unlock,
        }

    async def answer(self, request: Request, caller: Caller) -> Response:
        """The answer to one request."""
        if request.method == "OPTIONS":
            return Response(headers={"Allow": ", ".join(METHODS), "DAV": "1, 2", "MS-Author-Via": "DAV"})
        answer = self._answers.get(request.method)
        if answer is None:
            return _plain(405, "This folder does not take such a request.", Allow=", ".join(METHODS))
        place = place_of(request.url.path.removeprefix(ROOT), self._names(caller))
        if place is None:
            return _plain(404, "There is no such shelf.")
        try:
            return await answer(request, caller, place)
        except DocumentNotFoundError as error:
            return _plain(404, str(error))
        except NotAllowedError as error:
            return _plain(403, str(error))
        except FileNameTakenError as error:
            return _plain(412, str(error))
        except UploadTooLargeError as error:
            return _plain(413, str(error))
        except AssistantError as error:
            return _plain(507 if error.code == "disk_full" else 409, str(error))

    async def _find(self, request: Request, caller: Caller, place: Place) -> Response:
        here = self._node(caller, place)
        nodes = [here]
        if here.is_folder and request.headers.get("depth", "1") != "0":
            nodes += self._inside(caller, place)
        return Response(multistatus(nodes), 207, media_type=XML)

    async def _patch(self, request: Request, caller: Caller, place: Place) -> Response:
        # Windows sets times here and gives up where it may not; they are the day of arrival all the same.
        await request.body()
        return Response(multistatus([self._node(caller, place)]), 207, media_type=XML)

    async def _make_folder(self, request: Request, caller: Caller, place: Place) -> Response:
        shelf = _changeable(caller, place)
        if await request.body():
            return _plain(415, "A folder is made without a body.")
        if self._exists(caller, place):
            return _plain(405, "There is something of this name already.")
        self._refuse_without_parent(caller, place)
        self._empties.add(shelf, fit_path(place.path), is_folder=True)
        return Response(status_code=201)

    async def _get(self, _request: Request, caller: Caller, place: Place) -> Response:
        node = self._node(caller, place)
        if node.is_folder:
            return _plain(200, "This is the network folder of your Hearth. Open it with a file manager.")
        if node.document is None or place.shelf is None:
            return Response(media_type="application/octet-stream")
        return FileResponse(
            self._library.original(node.document.id, [place.shelf]),
            media_type="application/octet-stream",
            filename=node.name,
            headers={"ETag": f'"{node.digest[:32]}"'},
        )

    async def _put(self, request: Request, caller: Caller, place: Place) -> Response:
        shelf = _changeable(caller, place)
        existed = self._exists(caller, place)
        if existed and request.headers.get("if-none-match") == "*":
            return _plain(412, "There is a file of this name already.")
        if existed and self._node(caller, place).is_folder:
            return _plain(405, "There is a folder of this name already.")
        self._refuse_without_parent(caller, place)
        path = fit_path(place.path)
        if lies_in_litter(path):
            # File managers drop it beside files, and break off where it is refused.
            async for _piece in body_of(request):
                pass
            self._empties.add(shelf, path, is_folder=False)
            return Response(status_code=204 if existed else 201)
        try:
            await self._library.place(
                path=path, shelf=shelf, body=body_of(request), added_by=caller.person.id if caller.person else None
            )
        except EmptyUploadError:
            # File managers make an empty file first and fill it then; nothing is lost by it.
            await self._library.take_away(shelf, path)
            self._empties.add(shelf, path, is_folder=False)
        else:
            self._empties.forget(shelf, path)
        return Response(status_code=204 if existed else 201)

    async def _delete(self, _request: Request, caller: Caller, place: Place) -> Response:
        shelf = _changeable(caller, place)
        self._node(caller, place)
        for path in self._paths(shelf, place.path):
            await self._library.take_away(shelf, path)
        self._empties.forget(shelf, place.path)
        self._keep_parent(shelf, place.path)
        return Response(status_code=204)

    async def _move(self, request: Request, caller: Caller, place: Place) -> Response:
        target = self._target(request, caller)
        if target is None:
            return _plain(502, "Files are moved within this folder alone.")
        source_shelf, target_shelf = _changeable(caller, place), _changeable(caller, target)
        refused = await self._make_way(request, caller, target)
        if refused is not None:
            return refused
        existed = self._exists(caller, target)
        paths = self._paths(source_shelf, place.path)
        if source_shelf == target_shelf and paths:
            await self._library.move_file(source_shelf, place.path, target.path)
        else:
            await self._copy_all(source_shelf, place.path, target_shelf, target.path, caller)
            for path in paths:
                await self._library.take_away(source_shelf, path)
        self._empties.move(source_shelf, place.path, target_shelf, fit_path(target.path))
        self._keep_parent(source_shelf, place.path)
        return Response(status_code=204 if existed else 201)

    async def _copy(self, request: Request, caller: Caller, place: Place) -> Response:
        target = self._target(request, caller)
        if target is None or place.shelf is None:
            return _plain(502, "Files are copied within this folder alone.")
        target_shelf = _changeable(caller, target)
        self._node(caller, place)
        refused = await self._make_way(request, caller, target)
        if refused is not None:
            return refused
        await self._copy_all(place.shelf, place.path, target_shelf, target.path, caller)
        return Response(status_code=201)

    async def _lock(self, request: Request, caller: Caller, place: Place) -> Response:
        # Locks are granted and hold nobody up: who writes last has written. Office programs open nothing without.
        shelf = _changeable(caller, place)
        await request.body()
        existed = self._exists(caller, place)
        if not existed:
            self._refuse_without_parent(caller, place)
            self._empties.add(shelf, fit_path(place.path), is_folder=False)
        token = f"opaquelocktoken:{uuid.uuid4()}"
        return Response(
            lock(token, _whole(request), is_folder=False),
            200 if existed else 201,
            media_type=XML,
            headers={"Lock-Token": f"<{token}>"},
        )

    async def _unlock(self, _request: Request, _caller: Caller, _place: Place) -> Response:
        return Response(status_code=204)

    async def _make_way(self, request: Request, caller: Caller, target: Place) -> Response | None:
        """Remove what lies at the target, where the client said so; else the refusal."""
        self._refuse_without_parent(caller, target)
        if not self._exists(caller, target):
            return None
        if request.headers.get("overwrite", "T").upper() == "F":
            return _plain(412, "There is something of this name already.")
        if target.shelf is not None:
            for path in self._paths(target.shelf, target.path):
                await self._library.take_away(target.shelf, path)
        return None

    async def _copy_all(self, source: ShelfId, old: str, target: ShelfId, new: str, caller: Caller) -> None:
        for path in self._paths(source, old):
            document = self._file(source, path)
            if document is not None:
                await self._library.copy(
                    document.id, source, target, new + path[len(old) :], caller.person.id if caller.person else None
                )

    def _names(self, caller: Caller) -> dict[str, ShelfId]:
        return {} if caller.person is None else shelf_names(self._shelves.of(caller.person))

    def _target(self, request: Request, caller: Caller) -> Place | None:
        path = unquote(urlsplit(request.headers.get("destination", "")).path)
        return place_of(path.removeprefix(ROOT), self._names(caller)) if path.startswith(f"{ROOT}/") else None

    def _node(self, caller: Caller, place: Place) -> Node:
        whole = self._whole_path(caller, place)
        if not place.path:
            return Node(path=whole, is_folder=True)
        for node in self._inside(caller, Place(shelf=place.shelf, path=folder_of(place.path))):
            if node.path == whole:
                return node
        raise DocumentNotFoundError

    def _inside(self, caller: Caller, place: Place) -> list[Node]:
        if place.shelf is None:
            return [Node(path=name, is_folder=True) for name in self._names(caller)]
        start = self._whole_path(caller, Place(shelf=place.shelf, path=""))
        found = children(place.path, self._library.files(place.shelf), self._empties.on(place.shelf))
        return [
            Node(
                path=f"{start}/{node.path}",
                document=node.document,
                digest=node.digest,
                is_folder=node.is_folder,
                changed_at=node.changed_at,
            )
            for node in found.values()
        ]

    def _whole_path(self, caller: Caller, place: Place) -> str:
        for name, shelf in self._names(caller).items():
            if shelf == place.shelf:
                return f"{name}/{place.path}".rstrip("/")
        return ""

    def _exists(self, caller: Caller, place: Place) -> bool:
        with suppress(DocumentNotFoundError):
            self._node(caller, place)
            return True
        return False

    def _refuse_without_parent(self, caller: Caller, place: Place) -> None:
        parent = Place(shelf=place.shelf, path=folder_of(place.path))
        if not self._exists(caller, parent) or not self._node(caller, parent).is_folder:
            message = "The folder above does not exist. Make it first."
            raise _NoParentError(message)

    def _paths(self, shelf: ShelfId, path: str) -> list[str]:
        """The file at this path, or every file in the folder."""
        files = self._library.files(shelf)
        return [one for one, _document, _digest in files if one == path or one.startswith(f"{path}/")]

    def _file(self, shelf: ShelfId, path: str) -> Document | None:
        return next((document for one, document, _digest in self._library.files(shelf) if one == path), None)

    def _keep_parent(self, shelf: ShelfId, path: str) -> None:
        """A folder stays where its last file went."""
        parent = folder_of(path)
        if parent and not self._paths(shelf, parent):
            self._empties.add(shelf, parent, is_folder=True)


class _NoParentError(AssistantError):
    code = "no_such_folder"


def _changeable(caller: Caller, place: Place) -> ShelfId:
    """The place's shelf, where the caller may change something at this place."""
    if place.shelf is None or not place.path:
        message = "Shelves are made and cleared away on the library page, not here."
        raise NotAllowedError(message)
    caller.refuse_change(place.shelf)
    return place.shelf


def _whole(request: Request) -> str:
    return request.url.path.removeprefix(ROOT).strip("/")


def _plain(status: int, sentence: str, **headers: str) -> Response:
    return Response(f"{sentence}\n", status, headers=headers, media_type="text/plain; charset=utf-8")

"""Answers WebDAV's methods over the library: what is dropped is kept, read and found, within the caller's shelves."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from assistant.api.callers import Caller
from assistant.api.documents import body_of
from assistant.dav.answers import ROOT, XML, lock, multistatus
from assistant.dav.empties import Empties
from assistant.dav.tree import Node, Place, children, file_node, place_of, shelf_names
from assistant.errors import AssistantError
from assistant.hops import Hop
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

    def __init__(self, *, library: Library, shelves: Shelves, empties: Empties | None = None) -> None:
        self._library = library
        self._shelves = shelves
        self._empties = empties or Empties()
        self._hop = Hop("network-folder")
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
        for shelf, path in self._empties.overdue():
            await self._library.take_away(shelf, path)
        place = place_of(request.url.path.removeprefix(ROOT), await self._names(caller))
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
        here = await self._node(place)
        nodes = [here]
        if here.is_folder and request.headers.get("depth", "1") != "0":
            nodes += await self._inside(caller, place)
        return Response(multistatus(nodes), 207, media_type=XML)

    async def _patch(self, request: Request, _caller: Caller, place: Place) -> Response:
        # Windows sets times here and gives up where it may not; they are the day of arrival all the same.
        await request.body()
        return Response(multistatus([await self._node(place)]), 207, media_type=XML)

    async def _make_folder(self, request: Request, caller: Caller, place: Place) -> Response:
        shelf = _changeable(caller, place)
        if await request.body():
            return _plain(415, "A folder is made without a body.")
        if await self._exists(place):
            return _plain(405, "There is something of this name already.")
        await self._refuse_without_parent(place)
        self._empties.add(shelf, fit_path(place.path), is_folder=True)
        return Response(status_code=201)

    async def _get(self, _request: Request, _caller: Caller, place: Place) -> Response:
        node = await self._node(place)
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
        existed = await self._exists(place)
        if existed and request.headers.get("if-none-match") == "*":
            return _plain(412, "There is a file of this name already.")
        if existed and (await self._node(place)).is_folder:
            return _plain(405, "There is a folder of this name already.")
        await self._refuse_without_parent(place)
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
            # File managers make an empty file first and fill it then, also where one lies already: that one stays as
            # it is until it is filled again, so that nothing is lost by it and only what changed is learned anew.
            if await self._library.file_at(shelf, path) is not None:
                self._empties.empty(shelf, path)
            else:
                self._empties.add(shelf, path, is_folder=False)
        else:
            self._empties.forget(shelf, path)
        return Response(status_code=204 if existed else 201)

    async def _delete(self, _request: Request, caller: Caller, place: Place) -> Response:
        shelf = _changeable(caller, place)
        await self._node(place)
        for path in await self._paths(shelf, place.path):
            await self._library.take_away(shelf, path)
        self._empties.forget(shelf, place.path)
        await self._keep_parent(shelf, place.path)
        return Response(status_code=204)

    async def _move(self, request: Request, caller: Caller, place: Place) -> Response:
        target = await self._target(request, caller)
        if target is None:
            return _plain(502, "Files are moved within this folder alone.")
        source_shelf, target_shelf = _changeable(caller, place), _changeable(caller, target)
        refused = await self._make_way(request, target)
        if refused is not None:
            return refused
        existed = await self._exists(target)
        paths = await self._paths(source_shelf, place.path)
        if source_shelf == target_shelf and paths:
            await self._library.move_file(source_shelf, place.path, target.path)
        else:
            await self._copy_all(source_shelf, place.path, target_shelf, target.path, caller)
            for path in paths:
                await self._library.take_away(source_shelf, path)
        self._empties.move(source_shelf, place.path, target_shelf, fit_path(target.path))
        await self._keep_parent(source_shelf, place.path)
        return Response(status_code=204 if existed else 201)

    async def _copy(self, request: Request, caller: Caller, place: Place) -> Response:
        target = await self._target(request, caller)
        if target is None or place.shelf is None:
            return _plain(502, "Files are copied within this folder alone.")
        target_shelf = _changeable(caller, target)
        await self._node(place)
        refused = await self._make_way(request, target)
        if refused is not None:
            return refused
        await self._copy_all(place.shelf, place.path, target_shelf, target.path, caller)
        return Response(status_code=201)

    async def _lock(self, request: Request, caller: Caller, place: Place) -> Response:
        # Locks are granted and hold nobody up: who writes last has written. Office programs open nothing without.
        shelf = _changeable(caller, place)
        await request.body()
        existed = await self._exists(place)
        if not existed:
            await self._refuse_without_parent(place)
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

    async def _make_way(self, request: Request, target: Place) -> Response | None:
        """Remove what lies at the target, where the client said so; else the refusal."""
        await self._refuse_without_parent(target)
        if not await self._exists(target):
            return None
        if request.headers.get("overwrite", "T").upper() == "F":
            return _plain(412, "There is something of this name already.")
        if target.shelf is not None:
            for path in await self._paths(target.shelf, target.path):
                await self._library.take_away(target.shelf, path)
            self._empties.forget(target.shelf, target.path)
        return None

    async def _copy_all(self, source: ShelfId, old: str, target: ShelfId, new: str, caller: Caller) -> None:
        for path, document, _digest in await self._library.files_at(source, old):
            await self._library.copy(
                document.id, source, target, new + path[len(old) :], caller.person.id if caller.person else None
            )

    async def _names(self, caller: Caller) -> dict[str, ShelfId]:
        if caller.person is None:
            return {}
        return shelf_names(await self._hop(partial(self._shelves.of, caller.person, counted=False)))

    async def _target(self, request: Request, caller: Caller) -> Place | None:
        path = unquote(urlsplit(request.headers.get("destination", "")).path)
        return place_of(path.removeprefix(ROOT), await self._names(caller)) if path.startswith(f"{ROOT}/") else None

    async def _node(self, place: Place) -> Node:
        """What lies at this place. Raises `DocumentNotFoundError`."""
        if place.shelf is None or not place.path:
            return Node(path=place.whole, is_folder=True)
        found = await self._library.file_at(place.shelf, place.path)
        if found is not None and not self._empties.is_emptied(place.shelf, place.path):
            return file_node(place, *found)
        if found is not None or await self._library.is_folder(place.shelf, place.path):
            return Node(path=place.whole, is_folder=found is None)
        kind = self._empties.kind(place.shelf, place.path)
        if kind is None:
            raise DocumentNotFoundError
        return Node(path=place.whole, is_folder=kind)

    async def _inside(self, caller: Caller, place: Place) -> list[Node]:
        shelf = place.shelf
        if shelf is None:
            return [Node(path=name, is_folder=True) for name in await self._names(caller)]
        files, folders = await self._library.inside(shelf, place.path)
        emptied = [path for path, _document, _digest in files if self._empties.is_emptied(shelf, path)]
        made = [*self._empties.on(shelf), *((path, False) for path in emptied)]
        return children(place, [one for one in files if one[0] not in emptied], folders, made)

    async def _exists(self, place: Place) -> bool:
        with suppress(DocumentNotFoundError):
            await self._node(place)
            return True
        return False

    async def _refuse_without_parent(self, place: Place) -> None:
        try:
            is_there = (await self._node(place.above)).is_folder
        except DocumentNotFoundError:
            is_there = False
        if not is_there:
            message = "The folder above does not exist. Make it first."
            raise _NoParentError(message)

    async def _paths(self, shelf: ShelfId, path: str) -> list[str]:
        """The file at this path, or every file in the folder."""
        return [one for one, _document, _digest in await self._library.files_at(shelf, path)]

    async def _keep_parent(self, shelf: ShelfId, path: str) -> None:
        """A folder stays where its last file went."""
        parent = folder_of(path)
        if parent and not await self._library.is_folder(shelf, parent):
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

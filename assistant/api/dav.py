"""The network folder on the wire: WebDAV under `/dav`, for callers with a key as their password."""

from fastapi import APIRouter, Request, Response

from assistant.api.callers import CurrentCaller
from assistant.dav.handler import METHODS, Dav
from assistant.library import Library
from assistant.shelves import Shelves


def router(*, library: Library, shelves: Shelves) -> APIRouter:
    """Every method on every path below `/dav`; WebDAV describes itself, so the API's description leaves it out."""
    routes = APIRouter()
    dav = Dav(library=library, shelves=shelves)

    @routes.api_route("/dav{_path:path}", methods=list(METHODS), include_in_schema=False)
    async def answer(request: Request, caller: CurrentCaller) -> Response:
        return await dav.answer(request, caller)

    return routes

"""The export on the wire: a person fetches what is theirs."""

from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.api.callers import PersonHere
from assistant.api.errors import documented
from assistant.chats import Chats
from assistant.clock import Clock
from assistant.export import own, zipped
from assistant.hops import Hop
from assistant.library import Library
from assistant.shelves import Shelves

_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The zip.", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


def router(*, library: Library, chats: Chats, shelves: Shelves, clock: Clock) -> APIRouter:
    """The one route of exporting; it reaches the person's own and no other."""
    routes = APIRouter(tags=["people"])
    hop = Hop("export")

    @routes.get(
        "/api/me/export",
        summary="Fetch what is mine",
        response_class=StreamingResponse,
        responses={**_ZIP, **documented(401, 403, 409)},
    )
    async def export(person: PersonHere) -> StreamingResponse:
        """A zip with the files on the person's own shelves and with their chats. It is not sealed."""
        mine = [(shelf.id, shelf.name) for shelf in shelves.of(person) if shelf.person_id == person.id]
        things = await hop(own, library, chats, person.id, mine)

        async def pieces() -> AsyncIterator[bytes]:
            made = zipped(things)
            while (piece := await hop(next, made, None)) is not None:
                if piece:
                    yield piece

        name = f"hearth-{clock.now():%Y-%m-%d}.zip"
        return StreamingResponse(
            pieces(), media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    return routes

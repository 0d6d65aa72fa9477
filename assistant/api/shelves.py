"""Shelves on the wire: listed, made, shared and cleared away."""

from fastapi import APIRouter

from assistant.api.callers import CurrentPerson, PersonHere
from assistant.api.errors import documented
from assistant.api.household_wire import ShelfAnswer, ShelfChange, ShelfRequest, ShelvesAnswer
from assistant.api.models import Identifier
from assistant.identifiers import PersonId, ShelfId
from assistant.library import Library
from assistant.shelves import Shelves


def router(*, shelves: Shelves, library: Library) -> APIRouter:
    """The routes of shelves; each reaches those that the caller may read and no other."""
    routes = APIRouter(tags=["shelves"])

    @routes.get("/api/shelves", summary="List the shelves", responses=documented(401, 409))
    async def list_shelves(person: CurrentPerson) -> ShelvesAnswer:
        """Every shelf that the caller may read, the own ones first."""
        return ShelvesAnswer(shelves=[ShelfAnswer.model_validate(shelf) for shelf in shelves.of(person)])

    @routes.post(
        "/api/shelves", status_code=201, summary="Make a shelf", responses=documented(400, 401, 403, 409, 413, 422)
    )
    async def create_shelf(given: ShelfRequest, person: PersonHere) -> ShelfAnswer:
        """A further shelf, of the caller or of the household."""
        return ShelfAnswer.model_validate(shelves.create(person, name=given.name, kind=given.kind))

    @routes.patch(
        "/api/shelves/{shelf_id}",
        summary="Rename or share a shelf, or keep its words on this box",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def change_shelf(shelf_id: Identifier, given: ShelfChange, person: PersonHere) -> ShelfAnswer:
        """Call it otherwise, say who else may read it, or whether other nodes may compute answers from it."""
        if given.name is not None:
            shelves.rename(ShelfId(shelf_id), person, given.name)
        if given.readers is not None:
            shelves.share(ShelfId(shelf_id), person, [PersonId(reader) for reader in given.readers])
        if given.stays_here is not None:
            shelves.keep_here(ShelfId(shelf_id), person, stays_here=given.stays_here)
        return ShelfAnswer.model_validate(shelves.shelf(ShelfId(shelf_id), person))

    @routes.delete(
        "/api/shelves/{shelf_id}",
        status_code=204,
        summary="Clear a shelf away",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def delete_shelf(shelf_id: Identifier, person: PersonHere) -> None:
        """Remove the shelf with every file on it, and all that was made of them."""
        shelf = shelves.to_clear(ShelfId(shelf_id), person)
        await library.clear(shelf)
        shelves.remove(shelf)

    return routes

"""Search on the wire: the passages that fit, without any model."""

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from assistant.api.callers import CurrentCaller
from assistant.api.documents import readable
from assistant.api.errors import documented
from assistant.api.models import LONGEST_TEXT, PassageAnswer, SearchAnswer
from assistant.errors import TookTooLongError
from assistant.filters import Filter, Kind
from assistant.library import Library

_SEARCH_SECONDS = 30.0


def router(library: Library) -> APIRouter:
    """The search route."""
    routes = APIRouter(tags=["search"])

    @routes.get("/api/search", summary="Search the files", responses=documented(401, 404, 409, 422, 503))
    async def search(
        caller: CurrentCaller,
        q: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT, description="Words or a question.")],
        shelf: Annotated[str | None, Query(max_length=64, description="`private`, `household` or an id.")] = None,
        folder: Annotated[str | None, Query(max_length=2000, description="And all folders inside it.")] = None,
        kind: Annotated[Kind | None, Query(description="Of file.")] = None,
        person: Annotated[str | None, Query(max_length=64, description="The id of who added it.")] = None,
        since: Annotated[
            date | None, Query(description="Of this day or later: the file's own day, else that on which it was added.")
        ] = None,
        until: Annotated[date | None, Query(description="Of this day or earlier.")] = None,
        limit: Annotated[int, Query(ge=1, le=50, description="The most passages to return.")] = 10,
    ) -> SearchAnswer:
        """The passages on the caller's shelves that fit best, by their words and by their meaning."""
        shelves = caller.shelves if shelf is None else (readable(caller, shelf),)
        chosen = Filter(folder=folder, kind=kind, person=person, since=since, until=until)
        try:
            async with asyncio.timeout(_SEARCH_SECONDS):
                findings = await (
                    library.search(q, shelves, limit, cited=False)
                    if chosen == Filter()
                    else library.search_in(chosen, q, shelves, limit, cited=False)
                )
        except TimeoutError as error:
            message = "Searching your files took too long. The box is very busy; wait a moment and try again."
            raise TookTooLongError(message) from error
        return SearchAnswer(
            passages=[PassageAnswer.model_validate(passage) for passage in findings.passages],
            took_ms=findings.took_ms,
        )

    return routes

"""Search on the wire: the passages that fit, without any model."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from assistant.api.callers import CurrentCaller
from assistant.api.errors import documented
from assistant.api.models import LONGEST_TEXT, PassageAnswer, SearchAnswer
from assistant.errors import TookTooLongError
from assistant.library import Library

_SEARCH_SECONDS = 30.0


def router(library: Library) -> APIRouter:
    """The search route."""
    routes = APIRouter(tags=["search"])

    @routes.get("/api/search", summary="Search the files", responses=documented(401, 422, 503))
    async def search(
        caller: CurrentCaller,
        q: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT, description="Words or a question.")],
        limit: Annotated[int, Query(ge=1, le=50, description="The most passages to return.")] = 10,
    ) -> SearchAnswer:
        """The passages on the caller's shelves that fit best, by their words and by their meaning."""
        try:
            async with asyncio.timeout(_SEARCH_SECONDS):
                findings = await library.search(q, caller.shelves, limit)
        except TimeoutError as error:
            message = "Searching your files took too long. The box is very busy; wait a moment and try again."
            raise TookTooLongError(message) from error
        return SearchAnswer(
            passages=[PassageAnswer.model_validate(passage) for passage in findings.passages],
            took_ms=findings.took_ms,
        )

    return routes

"""The routes of OpenAI's responses, and of those that were told lately."""

import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.callers import CurrentCaller
from assistant.api.computed import asker_of
from assistant.api.gone import unless_gone
from assistant.api.openai.described import WRITES, answers
from assistant.api.openai.responses import Growing
from assistant.api.openai.responses_asked import items_asked, responses_asked
from assistant.api.openai.responses_kept import Json, KeptResponses
from assistant.api.openai.responses_wire import ResponsesRequest
from assistant.api.sse import STILL_HERE, event
from assistant.api.streams import EVENT_STREAM, Streamed, begun
from assistant.generation.errors import EngineBrokeOffError, UnfitRequestError
from assistant.generation.events import Broken, Happening
from assistant.generation.models import named
from assistant.generation.writer import Writer

Number = Annotated[str, Path(max_length=200)]


def router(writer: Writer, kept: KeptResponses) -> APIRouter:
    """Create, and what programs ask about what they were told."""
    routes = APIRouter(tags=["openai"])

    @routes.post("/v1/responses", summary="Respond", responses=answers(*WRITES, streams=True))
    async def respond(request: Request, given: ResponsesRequest, caller: CurrentCaller) -> Response:
        """A model's response, whole or as server-sent events; `hearth` answers from the caller's files.

        Unless `store` is false it is kept in memory for a day, for this caller alone.
        """
        asked = items_asked(given, kept, caller.asker)
        generation = responses_asked(given, asked)
        growing = Growing(
            given=given,
            id=f"resp_{secrets.token_hex(16)}",
            created=int(time.time()),
            model=named(writer.models, given.model, "chat", "files").name,
            logprobs=generation.logprobs,
        )

        def ended(response: Json) -> None:
            if given.store is not False:
                kept.keep(caller.asker, response, asked)

        asker = asker_of(request, caller)
        happenings = await begun(request, writer.stream(generation, asker))
        told = _told(growing, happenings, ended)
        if given.stream:
            return Streamed(_lines(told), media_type=EVENT_STREAM)
        return JSONResponse(await unless_gone(request, _whole(told)))

    @routes.post("/v1/responses/input_tokens", summary="Count the tokens of an input", responses=answers(*WRITES))
    async def count(request: Request, given: ResponsesRequest, caller: CurrentCaller) -> Response:
        """How long the prompt would be; nothing is written."""
        generation = responses_asked(given, items_asked(given, kept, caller.asker))
        tokens = await unless_gone(request, writer.count(generation, asker_of(request, caller)))
        return JSONResponse({"object": "response.input_tokens", "input_tokens": tokens})

    routes.include_router(_kept(kept))
    return routes


def _kept(kept: KeptResponses) -> APIRouter:
    routes = APIRouter()
    wrong = (400, 403, 404)
    ended = (
        "This response has ended: this box answers while you wait. To stop one that is being written, stop reading it."
    )

    @routes.get("/v1/responses/{response_id}", summary="A response of before", responses=answers(*wrong))
    async def tell(response_id: Number, caller: CurrentCaller, stream: bool = False) -> Response:
        """What was answered, as long as it is kept; it is told at once and not as a stream."""
        if stream:
            raise UnfitRequestError("stream", "A response of before is told whole. Leave out `stream`.")
        return JSONResponse(kept.get(caller.asker, response_id).response)

    @routes.get("/v1/responses/{response_id}/input_items", summary="What was asked", responses=answers(*wrong))
    async def tell_items(
        response_id: Number,
        caller: CurrentCaller,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        order: Literal["asc", "desc"] = "desc",
    ) -> Response:
        """The items that a response answered, those of earlier responses included."""
        asked = kept.get(caller.asker, response_id).asked
        items = list(asked if order == "asc" else reversed(asked))
        numbers = [item["id"] for item in items]
        if after is not None and after not in numbers:
            raise UnfitRequestError("after", "None of the items that this response answered has this number.")
        first = numbers.index(after) + 1 if after is not None else 0
        page = items[first : first + limit]
        return JSONResponse(
            {
                "object": "list",
                "data": page,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": first + limit < len(items),
            }
        )

    @routes.post("/v1/responses/{response_id}/cancel", summary="Not offered", responses=answers(*wrong))
    async def cancel(response_id: Number, caller: CurrentCaller) -> Response:
        """Refused: only a response in the background could be cancelled, and this box writes none there."""
        kept.get(caller.asker, response_id)
        raise UnfitRequestError("response_id", ended)

    @routes.delete("/v1/responses/{response_id}", summary="Forget a response", responses=answers(*wrong))
    async def forget(response_id: Number, caller: CurrentCaller) -> Response:
        """Forget what was answered; later responses that followed from it keep what they were told."""
        kept.drop(caller.asker, response_id)
        return JSONResponse({"id": response_id, "object": "response", "deleted": True})

    return routes


async def _told(
    growing: Growing, happenings: AsyncGenerator[Happening | None, None], ended: Callable[[Json], None]
) -> AsyncGenerator[Json | None, None]:
    """Every event of a response, and None where nothing came for a while; what ended well is handed to `ended`."""
    for told in growing.begin():
        yield told
    async with aclosing(happenings):
        async for happening in happenings:
            if happening is None:
                yield None
                continue
            for told in growing.told(happening):
                if told["type"] in {"response.completed", "response.incomplete"}:
                    ended(told["response"])
                yield told
            if isinstance(happening, Broken):
                return


async def _lines(events: AsyncGenerator[Json | None, None]) -> AsyncGenerator[str, None]:
    async with aclosing(events):
        async for told in events:
            yield STILL_HERE if told is None else event(told, name=told["type"])


async def _whole(events: AsyncGenerator[Json | None, None]) -> Json:
    last: Json = {}
    async with aclosing(events):
        async for told in events:
            last = last if told is None else told
            if last["type"] == "error":
                raise EngineBrokeOffError(last["message"])
    response: Json = last["response"]
    return response

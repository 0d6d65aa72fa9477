"""The routes of OpenAI's responses; none is kept, so that earlier ones cannot be asked for."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.callers import CurrentCaller
from assistant.api.computed import asker_of
from assistant.api.errors import refusal
from assistant.api.gone import unless_gone
from assistant.api.openai.described import WRITES, answers, refusals
from assistant.api.openai.responses import Growing
from assistant.api.openai.responses_asked import responses_asked
from assistant.api.openai.responses_wire import ResponsesRequest
from assistant.api.sse import STILL_HERE, event
from assistant.api.streams import EVENT_STREAM, Streamed, begun
from assistant.generation.errors import EngineBrokeOffError
from assistant.generation.events import Broken, Happening
from assistant.generation.models import named
from assistant.generation.writer import Writer


def router(writer: Writer) -> APIRouter:
    """Create, and the plain word that nothing was kept."""
    routes = APIRouter(tags=["openai"])

    @routes.post("/v1/responses", summary="Respond", responses=answers(*WRITES, streams=True))
    async def respond(request: Request, given: ResponsesRequest, caller: CurrentCaller) -> Response:
        """A model's response, whole or as server-sent events; `hearth` answers from the caller's files."""
        generation = responses_asked(given)
        growing = Growing(
            given=given,
            id=f"resp_{secrets.token_hex(16)}",
            created=int(time.time()),
            model=named(writer.models, given.model, "chat", "files").name,
            logprobs=generation.logprobs,
        )
        asker = asker_of(request, caller)
        happenings = await begun(request, writer.stream(generation, asker))
        if given.stream:
            return Streamed(_lines(growing, happenings), media_type=EVENT_STREAM)
        return JSONResponse(await unless_gone(request, _whole(growing, happenings)))

    async def never_kept(response_id: Annotated[str, Path(max_length=200)]) -> Response:
        """Refused with a sentence: this box keeps no responses of programs."""
        message = f"There is no response “{response_id}”: this box keeps none. Send the whole conversation in `input`."
        return refusal(404, "not_found", message, dialect="openai", field="response_id")

    for method in ("GET", "DELETE"):
        routes.add_api_route(
            "/v1/responses/{response_id}",
            never_kept,
            methods=[method],
            status_code=404,
            summary="No response is kept",
            operation_id=f"responses_{method.lower()}",
            responses=refusals(400, 403, 404),
        )
    return routes


async def _lines(growing: Growing, happenings: AsyncGenerator[Happening | None, None]) -> AsyncGenerator[str, None]:
    for told in growing.begin():
        yield event(told, name=told["type"])
    async with aclosing(happenings):
        async for happening in happenings:
            if happening is None:
                yield STILL_HERE
                continue
            for told in growing.told(happening):
                yield event(told, name=told["type"])
            if isinstance(happening, Broken):
                return


async def _whole(growing: Growing, happenings: AsyncGenerator[Happening | None, None]) -> dict[str, Any]:
    last: dict[str, Any] = {}
    async with aclosing(happenings):
        async for happening in happenings:
            if isinstance(happening, Broken):
                raise EngineBrokeOffError(happening.message)
            for told in [] if happening is None else growing.told(happening):
                last = told
    response: dict[str, Any] = last["response"]
    return response

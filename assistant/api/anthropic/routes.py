"""The routes of the Anthropic dialect."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.anthropic.asked import count_asked, messages_asked
from assistant.api.anthropic.documents import with_papers
from assistant.api.anthropic.told import PING, Events, message
from assistant.api.anthropic.wire import CountRequest, MessagesRequest
from assistant.api.callers import CurrentCaller
from assistant.api.computed import asker_of
from assistant.api.given import Given
from assistant.api.gone import unless_gone
from assistant.api.openai.described import MEANING, WRITES
from assistant.api.refused import refused
from assistant.api.sse import event
from assistant.api.streams import EVENT_STREAM, Streamed, begun, whole
from assistant.generation.events import Broken, Happening
from assistant.generation.models import named
from assistant.generation.writer import Writer
from assistant.papers import Papers


class AnthropicError(Given):
    """What went wrong."""

    type: str
    message: str


class AnthropicErrorAnswer(Given):
    """Every refusal in the Anthropic dialect has this form."""

    type: str
    error: AnthropicError
    request_id: str | None = None


def router(writer: Writer, papers: Papers) -> APIRouter:
    """Messages, and the counting of their tokens."""
    routes = APIRouter(tags=["anthropic"])

    @routes.post("/v1/messages", summary="Send messages", responses=_answers(streams=True))
    async def messages(request: Request, given: MessagesRequest, caller: CurrentCaller) -> Response:
        """A model's next message, whole or as server-sent events; `hearth` answers from the caller's files."""
        generation = messages_asked(await unless_gone(request, with_papers(given, papers)))
        model = named(writer.models, given.model, "chat", "files").name
        message_id = f"msg_{secrets.token_hex(12)}"
        happenings = writer.stream(generation, asker_of(request, caller))
        if given.stream:
            events = Events(message_id=message_id, model=model, documents=generation.documents)
            return Streamed(_lines(events, await begun(request, happenings)), media_type=EVENT_STREAM)
        return JSONResponse(message(message_id, model, await whole(request, happenings), generation.documents))

    @routes.post("/v1/messages/count_tokens", summary="Count the tokens of messages", responses=_answers())
    async def count_tokens(request: Request, given: CountRequest, caller: CurrentCaller) -> Response:
        """How long the prompt would be; nothing is written."""
        asker = asker_of(request, caller)
        counted = writer.count(count_asked(await with_papers(given, papers)), asker)
        return JSONResponse({"input_tokens": await unless_gone(request, counted)})

    return routes


async def _lines(events: Events, happenings: AsyncGenerator[Happening | None, None]) -> AsyncGenerator[str, None]:
    async with aclosing(happenings):
        async for happening in happenings:
            for told in [PING] if happening is None else events.told(happening):
                yield event(told, name=told["type"])
            if isinstance(happening, Broken):
                return


def _answers(*, streams: bool = False) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if streams:
        content[EVENT_STREAM] = {"schema": {"type": "string"}}
    return {200: {"description": "As the official API answers.", "content": content}, **_REFUSALS}


_REFUSALS: Final = refused(AnthropicErrorAnswer, MEANING, (401, *WRITES))

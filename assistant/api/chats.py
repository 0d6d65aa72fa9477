"""Chats and questions on the wire; an answer in a chat streams, one event a line."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from assistant.answers import Answers, Prepared
from assistant.api.callers import CurrentCaller, CurrentPerson
from assistant.api.errors import documented, refusal
from assistant.api.gone import unless_gone
from assistant.api.models import (
    AskAnswer,
    ChatAnswer,
    ChatsAnswer,
    CitationAnswer,
    CitationEvent,
    ComputedAnswer,
    DoneEvent,
    ErrorEvent,
    Identifier,
    MessageAnswer,
    PassageAnswer,
    QuestionRequest,
    RetrievedEvent,
    StreamEvent,
    TokenEvent,
    WholeChatAnswer,
)
from assistant.chats import Chats
from assistant.conversation import Conversation, Kept
from assistant.engine.place import Computed
from assistant.events import Cited, Done, Event, Failed, Retrieved, Token
from assistant.identifiers import ChatId

NDJSON = "application/x-ndjson"
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": (
            "Events, one JSON object a line: `retrieved` first, then `token` and `citation` as they come, "
            "and at the end either `done` or `error`."
        ),
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


def router(*, chats: Chats, conversation: Conversation, answers: Answers) -> APIRouter:
    """The routes of chats; each reaches the person's own and no other."""
    routes = APIRouter(tags=["chats"])

    @routes.post("/api/chats", status_code=201, summary="Begin a chat", responses=documented(401, 403, 409))
    async def create_chat(person: CurrentPerson) -> ChatAnswer:
        """An empty chat; its first question becomes its title."""
        return ChatAnswer.model_validate(chats.create(person.id))

    @routes.get("/api/chats", summary="List my chats", responses=documented(401, 409))
    async def list_chats(person: CurrentPerson) -> ChatsAnswer:
        """The person's chats, newest first."""
        return ChatsAnswer(chats=[ChatAnswer.model_validate(chat) for chat in chats.of(person.id)])

    @routes.get("/api/chats/{chat_id}", summary="Read a chat", responses=documented(401, 404, 409, 422))
    async def get_chat(chat_id: Identifier, person: CurrentPerson) -> WholeChatAnswer:
        """All that was asked and answered in the chat."""
        chat = chats.chat(ChatId(chat_id), person.id)
        messages = chats.messages(chat.id, person.id)
        return WholeChatAnswer(
            id=chat.id,
            title=chat.title,
            created_at=chat.created_at,
            messages=[MessageAnswer.model_validate(message) for message in messages],
        )

    @routes.delete(
        "/api/chats/{chat_id}", status_code=204, summary="Delete a chat", responses=documented(401, 403, 404, 409, 422)
    )
    async def delete_chat(chat_id: Identifier, person: CurrentPerson) -> None:
        """Remove the chat and all that was said in it."""
        chats.delete(ChatId(chat_id), person.id)

    @routes.post(
        "/api/chats/{chat_id}/messages",
        summary="Ask in a chat",
        response_class=StreamingResponse,
        responses={**_STREAM, **documented(400, 401, 403, 404, 409, 413, 422, 503)},
    )
    async def ask_in_chat(
        chat_id: Identifier, given: QuestionRequest, caller: CurrentCaller, person: CurrentPerson
    ) -> StreamingResponse:
        """Answer from the files as the words come; who stops listening stops the work."""
        prepared = await conversation.prepare(ChatId(chat_id), person.id, given.text, caller.shelves)
        events = conversation.stream(ChatId(chat_id), person.id, prepared)
        return StreamingResponse(_lines(events), media_type=NDJSON)

    @routes.post(
        "/api/ask",
        summary="Ask without a chat",
        response_model=AskAnswer,
        responses=documented(400, 401, 403, 413, 422, 429, 503),
    )
    async def ask(request: Request, given: QuestionRequest, caller: CurrentCaller) -> AskAnswer | Response:
        """A whole answer from the files, of which nothing is kept."""
        prepared = await answers.prepare(given.text, caller.shelves)
        ending = await unless_gone(request, _ending(answers, prepared, caller.asker))
        if isinstance(ending, Failed):
            if ending.wait_seconds is None:
                return refusal(503, ending.code, ending.message)
            return refusal(429, ending.code, ending.message, {"Retry-After": str(ending.wait_seconds)})
        return AskAnswer(
            answer=ending.answer,
            citations=[CitationAnswer.model_validate(citation) for citation in ending.citations],
            found=prepared.prompt is not None,
            retrieved=ending.retrieved,
            fitted=ending.fitted,
            dropped=ending.dropped,
            weaker=ending.weaker,
            dropped_turns=ending.dropped_turns,
            withheld=ending.withheld,
            computed_on=told_place(ending.computed_on),
        )

    return routes


async def _ending(answers: Answers, prepared: Prepared, line: str) -> Done | Failed:
    async with aclosing(answers.stream(prepared, line=line)) as events:
        async for event in events:
            if isinstance(event, Done | Failed):
                return event
    raise AssertionError  # a stream of events ends with one of the two


async def _lines(events: AsyncGenerator[Event | Kept, None]) -> AsyncGenerator[str, None]:
    async with aclosing(events):
        async for event in events:
            if (told := told_event(event)) is not None:
                yield f"{told.model_dump_json()}\n"


def told_event(event: Event | Kept) -> StreamEvent | None:
    """The event as it goes over the wire; an ending is told once it is kept."""
    match event:
        case Retrieved(passages=passages, found=found):
            return RetrievedEvent(passages=[PassageAnswer.model_validate(passage) for passage in passages], found=found)
        case Token(text=text):
            return TokenEvent(text=text)
        case Cited(citation=citation):
            return CitationEvent.model_validate(citation)
        case Kept():
            return _told_ending(event)
        case Done() | Failed():
            return None


def _told_ending(kept: Kept) -> DoneEvent | ErrorEvent:
    ending = kept.ending
    if isinstance(ending, Failed):
        return ErrorEvent(code=ending.code, message=ending.message, message_id=kept.message_id)
    return DoneEvent(
        message_id=kept.message_id,
        answer=ending.answer,
        citations=[CitationAnswer.model_validate(citation) for citation in ending.citations],
        retrieved=ending.retrieved,
        fitted=ending.fitted,
        dropped=ending.dropped,
        weaker=ending.weaker,
        dropped_turns=ending.dropped_turns,
        withheld=ending.withheld,
        seconds=ending.seconds,
        tokens=ending.tokens,
        computed_on=told_place(ending.computed_on),
    )


def told_place(computed: Computed | None) -> ComputedAnswer | None:
    """Where an answer was computed, as it goes over the wire."""
    return None if computed is None else ComputedAnswer.model_validate(computed)

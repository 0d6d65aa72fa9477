"""The chats of the fake assistant, and its one answer, word by word."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.webui.fake_api.known import Known, refusal
from tests.webui.fake_api.library import passage


def add_chats(app: FastAPI, known: Known) -> None:
    """Chats and questions."""

    @app.post("/api/chats", status_code=201)
    async def start_chat() -> dict[str, Any]:
        chat: dict[str, Any] = {
            "id": f"chat-{len(known.chats) + 1}",
            "title": "",
            "created_at": "2026-11-20T10:00:00Z",
        }
        known.chats[chat["id"]] = {**chat, "messages": []}
        return chat

    @app.get("/api/chats")
    async def chats() -> dict[str, Any]:
        return {"chats": [{**chat, "messages": []} for chat in known.chats.values()]}

    @app.get("/api/chats/{chat_id}")
    async def chat(chat_id: str) -> Response:
        if chat_id not in known.chats:
            return refusal(404, "chat_not_found", "There is no such chat. It may have been deleted; start a new one.")
        return JSONResponse(known.chats[chat_id])

    @app.delete("/api/chats/{chat_id}")
    async def delete_chat(chat_id: str) -> Response:
        del known.chats[chat_id]
        return Response(status_code=204)

    @app.post("/api/chats/{chat_id}/messages")
    async def ask(chat_id: str, request: Request) -> Response:
        question = (await request.json())["text"]
        return StreamingResponse(_answer(known, chat_id, question), media_type="application/x-ndjson")


async def _answer(known: Known, chat_id: str, question: str) -> AsyncIterator[str]:
    found = [passage(known, document) for document in known.documents.values()]
    yield _line({"type": "retrieved", "passages": found, "found": known.found})
    try:
        for word in known.answer.split(" "):
            await asyncio.sleep(known.token_seconds)
            yield _line({"type": "token", "text": word + " "})
    except asyncio.CancelledError:
        known.generations_stopped += 1
        raise
    citations = [
        {"marker": marker, **{key: one[key] for key in ("file", "document_id", "page")}, **one["best"]}
        for marker, one in enumerate(found[:2], 1)
    ]
    for citation in citations:
        yield _line({"type": "citation", **citation})
    sources = {"found": known.found, "retrieved": len(found), "fitted": len(found), "dropped": 0, "passages": found}
    chat = known.chats[chat_id]
    chat["title"] = chat["title"] or question
    chat["messages"] += [
        {"id": "m1", "role": "user", "text": question, "citations": [], "sources": None, "created_at": ""},
        {
            "id": "m2",
            "role": "assistant",
            "text": known.answer,
            "citations": citations,
            "sources": sources,
            "created_at": "",
        },
    ]
    yield _line(
        {
            "type": "done",
            "message_id": "m2",
            "answer": known.answer,
            "citations": citations,
            "retrieved": len(found),
            "fitted": len(found),
            "dropped": 0,
            "seconds": 1.2,
            "tokens": 12,
        }
    )


def _line(event: dict[str, Any]) -> str:
    return json.dumps(event) + "\n"

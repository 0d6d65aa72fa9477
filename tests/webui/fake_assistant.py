"""An assistant for the web front's own tests: the API's contract over data in memory, and a log of who called how."""

import asyncio
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

PAGE_TEXT = (
    "Care of the boiler\n"
    "Have the boiler serviced once a year, best before the heating season. The service book is behind the front panel. "
    "If the pressure falls below 1.0 bar, top up with tap water until the needle stands at 1.5 bar. "
    "Call the installer when it falls again within a week."
)
BEST = "Have the boiler serviced once a year, best before the heating season."
PASSWORD = "a long enough one"
ANSWER = "Once a year, best **before the heating season** [1].\n\n- Top up below 1.0 bar [2]"


@dataclass(slots=True)
class FakeAssistant:
    """What the assistant knows and what it was asked; `app` is its API."""

    setup_code: str = "ABCD-2345"
    owner: tuple[str, str] | None = None
    sessions: dict[str, str] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    chats: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    downloads: list[dict[str, Any]] = field(default_factory=list)
    engines: list[dict[str, Any]] = field(default_factory=list)
    """Of other makes."""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    answer: str = ANSWER
    found: bool = True
    token_seconds: float = 0.0
    callers: list[str] = field(default_factory=list)
    """The X-Hearth-Client of every call."""
    generations_stopped: int = 0
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.app = _build(self)

    def claim(self, name: str = "Ada", password: str = PASSWORD) -> str:
        """Give the box an owner and return a session."""
        self.owner = (name, password)
        return self.enter(name)

    def enter(self, name: str) -> str:
        """Open a session."""
        session = hashlib.sha256(f"{name}{len(self.sessions)}".encode()).hexdigest()
        self.sessions[session] = name
        return session

    def add(self, name: str, shelf: str, body: bytes = b"x", status: str = "ready") -> dict[str, Any]:
        """Put a file on a shelf."""
        document: dict[str, Any] = {
            "id": f"document-{len(self.documents) + 1}",
            "name": name,
            "shelf": shelf,
            "media_type": "application/pdf" if name.endswith(".pdf") else "text/plain",
            "size_bytes": len(body),
            "pages": 4,
            "status": status,
            "reason": "This PDF is locked with a password. Save it without one and add it again."
            if status == "failed"
            else None,
            "progress": 0.4 if status == "reading" else 1.0,
            "added_at": "2026-11-20T10:00:00+00:00",
        }
        self.documents[document["id"]] = document
        return document


FIT: dict[str, Any] = {
    "place": "memory",
    "need_bytes": 300_000_000,
    "room_bytes": 8_000_000_000,
    "context_tokens": 2048,
    "slots": 1,
    "tokens_per_second": 30.0,
    "prompt_tokens_per_second": 200.0,
}
MESH: dict[str, Any] = {
    "mesh_id": "m" * 26,
    "role": "home",
    "notice": "",
    "port": 7377,
    "nodes": [
        {
            "node_id": letter * 26,
            "name": name,
            "role": "worker",
            "standing": "member",
            "is_here": letter == "a",
            "is_reached": letter != "c",
            "problem": "does not answer",
        }
        for letter, name in (("a", "Study"), ("b", "A-name-of-forty-letters-without-a-blank-"), ("c", "Attic"))
    ],
    "window": {
        "code": "7KQ2-M4XD",
        "link": f"hearth-join|10.0.0.2|7377|{'f' * 64}|{'0' * 26}",
        "seconds_left": 299.0,
        "guesses_left": 3,
    },
    "window_problem": "",
    "requests": [
        {"session": "0" * 32, "name": "Cellar", "address": "10.0.0.9", "words": ["amber", "basil", "comet", "dancer"]}
    ],
    "joining": {"stage": "idle"},
    "seen": [],
    "outcomes": [],
    "splits": [
        {
            "name": "qwen3-32b",
            "state": "ready",
            "where": "this box and Attic",
            "tokens_per_second": 3.21,
            "layers": [["this box", 40], ["Attic", 25]],
        },
        {
            "name": "llama-3.3-70b",
            "state": "refused",
            "refusal": "Over this box and Attic it would write 0.4 tokens a second, and “qwen3-4b” writes 9.",
        },
    ],
    "split_notice": "“Attic”, which computed a part of the model, has gone.",
}
"""A home node whose door is open, and a box that waits behind it."""


def refusal(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


def passage(document: dict[str, Any]) -> dict[str, Any]:
    start = PAGE_TEXT.index(BEST)
    return {
        "document_id": document["id"],
        "file": document["name"],
        "page": 3,
        "start": 0,
        "end": len(PAGE_TEXT),
        "text": PAGE_TEXT,
        "heading": "Care of the boiler",
        "score": 0.9,
        "best": {"start": start, "end": start + len(BEST), "text": BEST},
    }


def _build(assistant: FakeAssistant) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def door(request: Request, call_next: Any) -> Response:
        assistant.callers.append(request.headers.get("x-hearth-client", ""))
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get(
            "hearth_session", ""
        )
        request.state.token = token
        request.state.person = assistant.sessions.get(token)
        public = {"/api/health", "/api/setup", "/api/login", "/api/echo", "/api/slow"}
        if request.url.path not in public and request.state.person is None:
            return refusal(401, "unknown_caller", "You are not signed in, or your session has ended.")
        response: Response = await call_next(request)
        return response

    @app.get("/api/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "claimed": assistant.owner is not None, "engine": "ready", "version": "0.1.0"}

    @app.post("/api/setup")
    async def set_up(request: Request) -> Response:
        wanted = await request.json()
        if assistant.owner:
            return refusal(409, "already_claimed", "This box already has an owner. Sign in instead.")
        if wanted["code"] != assistant.setup_code:
            return refusal(
                403, "wrong_setup_code", "This is not the set-up code. Read it again on the box's own screen."
            )
        if len(wanted["password"]) < 8:
            return refusal(422, "weak_password", "This password is too short. Choose one of at least 8 characters.")
        session = assistant.claim(wanted["name"], wanted["password"])
        return JSONResponse({"person": _person(wanted["name"]), "session": session}, 201)

    @app.post("/api/login")
    async def log_in(request: Request) -> Response:
        wanted = await request.json()
        if (wanted["name"], wanted["password"]) != assistant.owner:
            return refusal(401, "wrong_login", "The name or the password is wrong. Check both and try again.")
        return JSONResponse({"person": _person(wanted["name"]), "session": assistant.enter(wanted["name"])})

    @app.post("/api/logout")
    async def log_out(request: Request) -> Response:
        assistant.sessions.pop(request.state.token, None)
        return Response(status_code=204)

    @app.get("/api/me")
    async def me(request: Request) -> dict[str, Any]:
        return _person(request.state.person)

    @app.get("/api/documents")
    async def documents() -> dict[str, Any]:
        return {"documents": list(assistant.documents.values())}

    @app.get("/api/shelves")
    async def shelves() -> dict[str, Any]:
        shelf = {"kind": "private", "may_change": True, "documents": 2, "readers": []}
        return {
            "shelves": [
                {**shelf, "id": "private-ada", "name": "Ada", "person_id": "ada"},
                {**shelf, "id": "household", "name": "Household", "kind": "household", "person_id": None},
                {**shelf, "id": "shelf-taxes", "name": "Taxes", "person_id": "ada", "readers": ["ben"]},
            ]
        }

    @app.get("/api/people")
    async def people() -> dict[str, Any]:
        return {
            "people": [{"id": "ada", "name": "Ada", "role": "owner"}, {"id": "ben", "name": "Ben", "role": "child"}]
        }

    @app.get("/api/invitations")
    async def invitations() -> dict[str, Any]:
        return {
            "invitations": [{"id": "i", "kind": "join", "role": "adult", "expires_at": "2027-01-08T12:00:00+00:00"}]
        }

    @app.get("/api/folders")
    async def folders() -> dict[str, Any]:
        folder = {"id": "f", "path": "/home/ada/Documents", "shelf_id": "private-ada", "files": 3}
        return {"folders": [folder]}

    @app.get("/api/models")
    async def house_models() -> dict[str, Any]:
        return {
            "models": [
                {
                    "name": "smollm2-135m-instruct",
                    "size_bytes": 92_000_000,
                    "comes_with_hearth": True,
                    "chosen": True,
                    "state": "away",
                    "fit": FIT,
                }
            ],
            "downloads": assistant.downloads,
            "on_other_engines": [{"name": "qwen3-32b", "engines": ["Workstation", "Attic"]}],
            "memory_bytes": 8_000_000_000,
            "used_bytes": 0,
            "disk_free_bytes": 40_000_000_000,
            "may_change": True,
        }

    @app.get("/api/models/catalogue")
    async def catalogue() -> dict[str, Any]:
        entry = {
            "name": "qwen3-4b",
            "title": "Qwen3 4B",
            "purpose": "Words answers well.",
            "licence": "apache-2.0",
            "size_bytes": 2_500_000_000,
            "here": False,
            "on_nodes": ["Study"],
            "fit": FIT,
        }
        return {"models": [entry]}

    @app.get("/api/models/elsewhere")
    async def elsewhere() -> dict[str, Any]:
        names = ("qwen3-4b", "family-recipes-finetune")
        model = {"node_id": "b" * 26, "node_name": "Study", "size_bytes": 2_500_000_000, "licence": "apache-2.0"}
        return {"models": [] if assistant.downloads else [{**model, "name": name} for name in names]}

    @app.post("/api/models/downloads", status_code=202)
    async def download(request: Request) -> dict[str, Any]:
        given = await request.json()
        one = {
            "id": "download-1",
            "name": given["name"],
            "state": "fetching",
            "size_bytes": 2_500_000_000,
            "fetched_bytes": 900_000_000,
            "node_name": "Study" if given["source"] != "internet" else "",
        }
        assistant.downloads.append(one)
        return one

    @app.get("/api/jobs")
    async def jobs() -> dict[str, Any]:
        return {"jobs": assistant.jobs, "house": {"waiting": 2, "running": 1}}

    @app.post("/api/jobs", status_code=201)
    async def hand_over(request: Request) -> dict[str, Any]:
        job = {
            "id": f"job-{len(assistant.jobs) + 1}",
            "kind": "answer",
            "standing": "running",
            "question": (await request.json())["text"],
            "chat_id": None,
            "worker": "Study",
            "done": 2,
            "total": 9,
            "made_at": "2026-11-20T10:00:00+00:00",
        }
        assistant.jobs.insert(0, job)
        return job

    @app.post("/api/jobs/{job_id}/cancel")
    async def cancel_job(job_id: str) -> dict[str, Any]:
        job = next(one for one in assistant.jobs if one["id"] == job_id)
        job["standing"] = "cancelled"
        return job

    @app.get("/api/engines")
    async def engines() -> dict[str, Any]:
        return {"engines": assistant.engines}

    @app.post("/api/engines", status_code=201)
    async def add_engine(request: Request) -> Response:
        given = await request.json()
        if given["address"].startswith("8.") and not given["may_be_away"]:
            sentence = "8.8.8.8 is outside this house. Say so for this engine and add it again."
            return JSONResponse({"error": {"code": "mesh_refused", "message": sentence}}, 409)
        engine = {
            "engine_id": "e" * 26,
            "name": given["name"] or given["address"],
            "url": f"http://{given['address']}/v1",
            "has_key": bool(given["key"]),
            "may_be_away": given["may_be_away"],
            "may_read_files": given["may_read_files"],
            "problem": "",
            "first_token_ms": 240.0,
            "models": [{"name": "qwen3-32b", "decode_rate": 41.0}, {"name": "llama3.2", "decode_rate": 0.0}],
        }
        assistant.engines.append(engine)
        return JSONResponse({"engines": assistant.engines}, 201)

    @app.patch("/api/engines/{engine_id}")
    async def change_engine(engine_id: str, request: Request) -> dict[str, Any]:
        given = await request.json()
        assistant.engines = [one | given if one["engine_id"] == engine_id else one for one in assistant.engines]
        return {"engines": assistant.engines}

    @app.delete("/api/engines/{engine_id}")
    async def remove_engine(engine_id: str) -> dict[str, Any]:
        assistant.engines = [one for one in assistant.engines if one["engine_id"] != engine_id]
        return {"engines": assistant.engines}

    @app.get("/api/nodes")
    async def nodes() -> dict[str, Any]:
        return MESH

    @app.post("/api/nodes/requests/{session}/approve")
    async def approve(session: str) -> dict[str, Any]:
        return {**MESH, "requests": [], "notice": f"{session} was let in."}

    @app.get("/api/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": list(assistant.keys.values())}

    @app.post("/api/keys", status_code=201)
    async def make_key(request: Request) -> dict[str, Any]:
        name = (await request.json())["name"]
        key = {
            "id": f"key-{len(assistant.keys) + 1}",
            "name": name,
            "beginning": "sk-hearth-abcd",
            "created_at": "2026-11-20T10:00:00+00:00",
            "used_at": None,
        }
        assistant.keys[key["id"]] = key
        return {**key, "secret": "sk-hearth-abcdefgh"}

    @app.delete("/api/keys/{key_id}")
    async def revoke_key(key_id: str) -> Response:
        del assistant.keys[key_id]
        return Response(status_code=204)

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "hearth"}, {"id": "tiny"}]}

    @app.put("/api/documents")
    async def add(request: Request, name: str, shelf: str) -> Response:
        body = await request.body()
        if not body:
            return refusal(415, "empty_file", "This file is empty. Check it on your computer and send it again.")
        return JSONResponse(assistant.add(name, shelf, body), 201)

    @app.get("/api/documents/{document_id}")
    async def document(document_id: str) -> Response:
        if document_id not in assistant.documents:
            return refusal(404, "document_not_found", "There is no such document.")
        return JSONResponse(assistant.documents[document_id])

    @app.delete("/api/documents/{document_id}")
    async def delete(document_id: str) -> Response:
        del assistant.documents[document_id]
        return Response(status_code=204)

    @app.get("/api/documents/{document_id}/pages/{page}")
    async def page(document_id: str, page: int) -> dict[str, Any]:
        return {"page": page, "text": PAGE_TEXT}

    @app.get("/api/documents/{document_id}/pages/{page}/picture")
    async def picture(document_id: str, page: int) -> Response:
        return Response(white_picture(210, 297), media_type="image/png")

    @app.get("/api/search")
    async def search(q: str) -> dict[str, Any]:
        return {"passages": [passage(one) for one in assistant.documents.values()], "took_ms": 1.5}

    @app.post("/api/chats", status_code=201)
    async def start_chat() -> dict[str, Any]:
        chat: dict[str, Any] = {
            "id": f"chat-{len(assistant.chats) + 1}",
            "title": "",
            "created_at": "2026-11-20T10:00:00Z",
        }
        assistant.chats[chat["id"]] = {**chat, "messages": []}
        return chat

    @app.get("/api/chats")
    async def chats() -> dict[str, Any]:
        return {"chats": [{**chat, "messages": []} for chat in assistant.chats.values()]}

    @app.get("/api/chats/{chat_id}")
    async def chat(chat_id: str) -> Response:
        if chat_id not in assistant.chats:
            return refusal(404, "chat_not_found", "There is no such chat. It may have been deleted; start a new one.")
        return JSONResponse(assistant.chats[chat_id])

    @app.delete("/api/chats/{chat_id}")
    async def delete_chat(chat_id: str) -> Response:
        del assistant.chats[chat_id]
        return Response(status_code=204)

    @app.post("/api/chats/{chat_id}/messages")
    async def ask(chat_id: str, request: Request) -> Response:
        question = (await request.json())["text"]
        return StreamingResponse(_answer(assistant, chat_id, question), media_type="application/x-ndjson")

    @app.api_route("/api/echo", methods=["GET", "POST", "PUT"])
    async def echo(request: Request) -> dict[str, Any]:
        body = await request.body()
        return {
            "method": request.method,
            "query": request.url.query,
            "headers": [[name, value] for name, value in request.headers.items()],
            "size": len(body),
        }

    @app.get("/api/slow")
    async def slow() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                for number in range(100):
                    yield f"{number}\n".encode()
                    await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                assistant.generations_stopped += 1
                raise

        return StreamingResponse(pieces(), media_type="application/x-ndjson")

    return app


async def _answer(assistant: FakeAssistant, chat_id: str, question: str) -> AsyncIterator[str]:
    found = [passage(document) for document in assistant.documents.values()]
    yield _line({"type": "retrieved", "passages": found, "found": assistant.found})
    try:
        for word in assistant.answer.split(" "):
            await asyncio.sleep(assistant.token_seconds)
            yield _line({"type": "token", "text": word + " "})
    except asyncio.CancelledError:
        assistant.generations_stopped += 1
        raise
    citations = [
        {"marker": marker, **{key: one[key] for key in ("file", "document_id", "page")}, **one["best"]}
        for marker, one in enumerate(found[:2], 1)
    ]
    for citation in citations:
        yield _line({"type": "citation", **citation})
    sources = {"found": assistant.found, "retrieved": len(found), "fitted": len(found), "dropped": 0, "passages": found}
    chat = assistant.chats[chat_id]
    chat["title"] = chat["title"] or question
    chat["messages"] += [
        {"id": "m1", "role": "user", "text": question, "citations": [], "sources": None, "created_at": ""},
        {
            "id": "m2",
            "role": "assistant",
            "text": assistant.answer,
            "citations": citations,
            "sources": sources,
            "created_at": "",
        },
    ]
    yield _line(
        {
            "type": "done",
            "message_id": "m2",
            "answer": assistant.answer,
            "citations": citations,
            "retrieved": len(found),
            "fitted": len(found),
            "dropped": 0,
            "seconds": 1.2,
            "tokens": 12,
        }
    )


def white_picture(width: int, height: int) -> bytes:
    """A white PNG, so that a page has something to show."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress((b"\x00" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _line(event: dict[str, Any]) -> str:
    return json.dumps(event) + "\n"


def _person(name: str) -> dict[str, Any]:
    may = ["back_up", "change_household", "import_disks", "manage_people", "share", "use_programs", "watch_folders"]
    return {"id": "ada", "name": name, "role": "owner", "may": may}

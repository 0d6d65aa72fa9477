"""The assistant's API as one ASGI application: routers for each noun behind one doorman."""

from typing import Final

from fastapi import FastAPI, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from assistant.answers import Answers
from assistant.api import chats as chat_routes
from assistant.api import documents as document_routes
from assistant.api import health as health_routes
from assistant.api import people as people_routes
from assistant.api import search as search_routes
from assistant.api.callers import COOKIE, Callers
from assistant.api.doorman import Doorman
from assistant.api.errors import add_error_handlers
from assistant.chats import Chats
from assistant.conversation import Conversation
from assistant.engine.client import Engine
from assistant.entrance import Entrance
from assistant.library import Library
from assistant.people import People
from assistant.sessions import Sessions

_DESCRIPTION: Final = """\
Answers from your own files, each with the file, the page and the exact words it rests on.

Send a session's token, or the key of a program on this box, as `Authorization: Bearer …`. Offsets `start` and `end`
count characters of the page's text. Every refusal is `{"error": {"code", "message"}}`, and the message says what to do.
"""


def build_app(
    *,
    library: Library,
    people: People,
    sessions: Sessions,
    entrance: Entrance,
    chats: Chats,
    answers: Answers,
    engine: Engine,
    local_key: str,
    version: str,
) -> FastAPI:
    """The application that hearth-assistant serves on its Unix socket."""
    app = FastAPI(
        title="Hearth",
        summary="A private AI node that answers from your own files",
        description=_DESCRIPTION,
        version=version,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    conversation = Conversation(chats=chats, answers=answers)
    app.include_router(health_routes.router(people=people, engine=engine, version=version))
    app.include_router(people_routes.entrance_router(entrance))
    # The doorman refuses strangers; these two only tell readers of the description how a caller makes itself known.
    known = [Security(HTTPBearer(auto_error=False)), Security(APIKeyCookie(name=COOKIE, auto_error=False))]
    for routes in (
        people_routes.router(sessions),
        document_routes.router(library),
        search_routes.router(library),
        chat_routes.router(chats=chats, conversation=conversation, answers=answers),
    ):
        app.include_router(routes, dependencies=known)
    add_error_handlers(app)
    app.add_middleware(Doorman, callers=Callers(people=people, sessions=sessions, local_key=local_key))
    return app

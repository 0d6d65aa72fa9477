"""The assistant's API as one ASGI application: routers for each noun behind one doorman."""

from typing import Final

from fastapi import FastAPI

from assistant.answers import Answers
from assistant.api import backups as backup_routes
from assistant.api import bench as bench_routes
from assistant.api import chats as chat_routes
from assistant.api import dav as dav_routes
from assistant.api import documents as document_routes
from assistant.api import engines as engine_routes
from assistant.api import export as export_routes
from assistant.api import folders as folder_routes
from assistant.api import health as health_routes
from assistant.api import house as house_routes
from assistant.api import house_models, model_list, node_updates, stick_models
from assistant.api import jobs as job_routes
from assistant.api import keys as key_routes
from assistant.api import nodes as node_routes
from assistant.api import people as people_routes
from assistant.api import restored as restored_routes
from assistant.api import search as search_routes
from assistant.api import shelves as shelf_routes
from assistant.api import updates as update_routes
from assistant.api.anthropic import routes as anthropic_routes
from assistant.api.callers import Callers
from assistant.api.description import DescribedApp
from assistant.api.doorman import Doorman
from assistant.api.errors import add_error_handlers
from assistant.api.ollama import house as ollama_house
from assistant.api.ollama import routes as ollama_routes
from assistant.api.openai import responses_routes
from assistant.api.openai import routes as openai_routes
from assistant.api.openai.responses_kept import KeptResponses
from assistant.backup.desk import BackupDesk
from assistant.backup.disk_desk import DiskDesk
from assistant.backup.restore_desk import RestoreDesk
from assistant.backup.restored import Restored
from assistant.chats import Chats
from assistant.clock import Clock
from assistant.conversation import Conversation
from assistant.disks import Disks
from assistant.engine.client import Engine
from assistant.entrance import Entrance
from assistant.farewell import Farewell
from assistant.generation.embeddings import Embeddings
from assistant.generation.writer import Writer
from assistant.invitations import Invitations
from assistant.jobs.records import JobRecords
from assistant.jobs.runner import Runner
from assistant.keys import Keys
from assistant.library import Library
from assistant.models.household import Household
from assistant.models.sticks import StickModels
from assistant.nodes import Nodes
from assistant.papers import Papers
from assistant.people import People
from assistant.sessions import Sessions
from assistant.shelves import Shelves
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.sticks import StickUpdates
from assistant.updates.updates import Updates
from assistant.watching import Watching

_DESCRIPTION: Final = """\
Answers from your own files, each with the file, the page and the exact words it rests on.

Send a session's token, or a key that `POST /api/keys` made, as `Authorization: Bearer …`; a key as `x-api-key` too.
Offsets `start` and `end` count characters of the page's text. Every refusal is `{"error": {"code", "message"}}`, and
the message says what to do. What lies under `/v1`, and `/api/chat`, `/api/generate` and their like, speaks the dialects
of OpenAI, Anthropic and Ollama, with their forms of refusal.
"""


def build_app(
    *,
    house: Household,
    library: Library,
    people: People,
    shelves: Shelves,
    sessions: Sessions,
    invitations: Invitations,
    entrance: Entrance,
    keys: Keys,
    chats: Chats,
    jobs: JobRecords,
    runner: Runner,
    answers: Answers,
    engine: Engine,
    writer: Writer,
    embeddings: Embeddings,
    papers: Papers,
    nodes: Nodes,
    backup_desk: BackupDesk,
    disk_desk: DiskDesk,
    restore_desk: RestoreDesk,
    restored: Restored,
    watching: Watching,
    disks: Disks,
    sticks: StickModels,
    updates: Updates,
    stick_updates: StickUpdates,
    fetched_updates: FetchedUpdates,
    clock: Clock,
    local_key: str,
    version: str,
) -> FastAPI:
    """The application that hearth-assistant serves on its Unix socket."""
    app = DescribedApp(
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
    kept = KeptResponses(clock)
    conversation = Conversation(chats=chats, answers=answers)
    app.include_router(health_routes.router(people=people, engine=engine, version=version))
    app.include_router(people_routes.entrance_router(entrance))
    app.include_router(
        backup_routes.restore_router(restore_desk, here=lambda: [card.name for card in house.models.cards()])
    )
    for routes in (
        # What programs ask many times a second is found first.
        model_list.router(writer.models),
        openai_routes.router(writer=writer, embeddings=embeddings),
        responses_routes.router(writer, kept),
        anthropic_routes.router(writer, papers),
        ollama_routes.router(writer=writer, embeddings=embeddings, clock=clock, version=version),
        people_routes.router(sessions),
        house_routes.router(
            people=people,
            invitations=invitations,
            farewell=Farewell(people=people, shelves=shelves, library=library, forget=kept.forget),
        ),
        shelf_routes.router(shelves=shelves, library=library),
        document_routes.router(library),
        search_routes.router(library),
        chat_routes.router(chats=chats, conversation=conversation, answers=answers),
        job_routes.router(records=jobs, chats=chats, wake=runner.wake),
        key_routes.router(keys),
        house_models.router(house),
        stick_models.router(sticks),
        update_routes.router(updates, stick_updates),
        node_updates.router(nodes, fetched_updates, updates),
        node_routes.router(
            nodes,
            lambda: {card.digest: card.name for card in writer.models.cards() if card.kind == "chat"},
            lambda: house.models.chosen.digest,
        ),
        bench_routes.router(
            nodes, lambda: {card.digest: card.name for card in writer.models.cards() if card.kind == "chat"}
        ),
        engine_routes.router(nodes, house.foreign),
        export_routes.router(library=library, chats=chats, shelves=shelves, clock=clock),
        dav_routes.router(library=library, shelves=shelves),
        folder_routes.router(watching=watching, disks=disks),
        backup_routes.router(backup_desk, disk_desk),
        restored_routes.router(restored, house.models),
        ollama_house.router(house),
    ):
        app.include_router(routes)
    add_error_handlers(app)
    callers = Callers(people=people, shelves=shelves, sessions=sessions, keys=keys, clock=clock, local_key=local_key)
    app.add_middleware(Doorman, callers=callers)
    return app

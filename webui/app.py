"""Puts the public app together: guard, headers, doors, the API's gateway, the forms, and NiceGUI's pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Scope

from firmware.sockets import UnixTransport
from webui import restarting, socket_binding, static_files, theme
from webui.assistant_client import Caller
from webui.components import failure
from webui.doorkeeper import Doorkeeper, NewCaller
from webui.forms import build_router
from webui.gateway import ApiDoors, Gateway
from webui.guard import Guard
from webui.headers import PageNonce, SecurityHeaders
from webui.mesh_client import MeshClient
from webui.names import OwnNames
from webui.pages import backup, chat, jobs, keys, library, models, nodes, people, system, welcome
from webui.pages.visit import visits
from webui.settings import WebSettings
from webui.static_files import StaticFile

STATIC = Path(__file__).parent / "static"


def build_app(*, assistant_socket: Path, mesh_socket: Path, settings: WebSettings) -> ASGIApp:
    """The ASGI app of the HTTPS port. NiceGUI keeps its pages in one global app, so build it once a process."""
    # Two clients to one socket: a page must not wait behind uploads and streams that fill the gateway's pool.
    pages_http = _over(assistant_socket, settings.assistant_timeout_seconds)
    mesh_http = _over(mesh_socket, settings.assistant_timeout_seconds)
    mesh = MeshClient(mesh_http)
    caller = _callers(pages_http)

    way = UnixTransport(assistant_socket)
    gateway = Gateway(way, max_body_bytes=settings.max_upload_bytes, max_model_bytes=settings.max_model_bytes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pages_http, mesh_http:
            yield

    app = FastAPI(
        title="Hearth",
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Guard, own_name=OwnNames(settings.host_names, mesh)),
            Middleware(ApiDoors, gateway=gateway),
            Middleware(Doorkeeper, caller=caller),
        ],
    )
    app.include_router(build_router(caller))
    app.include_router(restarting.build_router(caller))
    style = StaticFile(body=theme.stylesheet().encode(), media_type="text/css")
    app.mount("/static", static_files.build_app({**static_files.load(STATIC), "theme.css": style}))
    _add_pages(app, caller, mesh, settings)
    return app


def _add_pages(app: FastAPI, caller: NewCaller, mesh: MeshClient, settings: WebSettings) -> None:
    visit = visits(caller)
    chat.register(visit, settings.example_questions)
    welcome.register(visit, settings.example_questions)
    library.register(visit)
    people.register(visit)
    models.register(visit)
    jobs.register(visit)
    keys.register(visit)
    nodes.register(visit)
    backup.register(visit)
    system.register(visit, mesh)
    for sheet in ("theme.css", "hearth.css"):
        ui.add_head_html(f'<link rel="stylesheet" href="/static/{sheet}">', shared=True)
    ui.add_head_html('<script src="/static/in-order.js"></script>', shared=True)
    nicegui_app.on_page_exception(failure.show)
    nicegui_app.add_exception_handler(404, failure.no_such_page)
    nicegui_app.add_middleware(PageNonce)
    socket_binding.bind()
    ui.run_with(
        app,
        title="Hearth",
        favicon=STATIC / "flame.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )


def _callers(http: httpx.AsyncClient) -> NewCaller:
    def caller(scope: Scope, session: str | None) -> Caller:
        return Caller(http, address=scope["client"][0] if scope.get("client") else "unknown", session=session)

    return caller


def _over(socket: Path, timeout_seconds: float) -> httpx.AsyncClient:
    """A client of a daemon's Unix socket. It heeds no proxy settings, and keeps no cookie: many people share it."""
    transport = UnixTransport(socket)
    timeout = httpx.Timeout(timeout_seconds, connect=5.0)
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport, base_url="http://assistant", timeout=timeout, trust_env=False, cookies=no_cookies
    )

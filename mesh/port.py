"""Owns the mesh port: what another node may ask over TLS, once it is known who it is.

Whoever shows no certificate may only talk about joining, and only while the owner holds the door open.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mesh.belonging import Belonging
from mesh.certificates import pem, public_key_in
from mesh.connections import Caller
from mesh.engine_door import PLAIN, STREAMS, EngineDoor
from mesh.errors import JoinRefusedError, MeshError, PeerRefusedError, RosterRefusedError
from mesh.hosting import Hosting
from mesh.identity import NodeId
from mesh.join.messages import GuestHello, GuestRound, HomeHello, HomeRound, Outcome, OutcomeQuestion, Refusal
from mesh.join.transcript import VERSION
from mesh.links import Links
from mesh.report import EXCHANGE, Exchange
from mesh.roster import dismissed
from mesh.travel import GIVING_ROLES, TravelQuestion, given
from mesh.twins import Twins

LARGEST_STRANGERS_BYTES: Final = 16 * 1024
LARGEST_MEMBERS_BYTES: Final = 16 * 1024 * 1024
JOIN: Final = "/join/"
RENEW: Final = "/mesh/renew"
DATES: Final = frozenset({"expired", "not_yet"})


def build_port(
    *,
    belonging: Belonging,
    hosting: Hosting,
    links: Links,
    engine: EngineDoor,
    twins: Twins,
    routers: Sequence[APIRouter] = (),
) -> ASGIApp:
    """The application of the mesh port; each connection's `Caller` is in the scope's state."""
    app = FastAPI(
        title="Hearth mesh",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _add_join(app, hosting)
    _add_mesh(app, belonging, links, twins)
    _add_engine(app, belonging, engine)
    for router in routers:
        app.include_router(router)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        body = error.body if request.url.path == "/join/hello" and isinstance(error.body, dict) else {}
        return _refusal(422, "out_of_order" if body.get("version", VERSION) == VERSION else "version")

    return Gate(app, belonging)


class Gate:
    """Lets members to everything, strangers to joining, and nobody send more than there is to say."""

    def __init__(self, app: ASGIApp, belonging: Belonging) -> None:
        self._app = app
        self._belonging = belonging

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller: Caller = scope["state"]["caller"]
        is_join = scope["path"].startswith(JOIN)
        if not is_join:
            try:
                scope["state"]["member"] = self._belonging.admit(caller.certificate)
            except PeerRefusedError as refusal:
                if scope["path"] != RENEW or refusal.code not in DATES:
                    await _refusal(403, refusal.code)(scope, receive, send)
                    return
        limit = LARGEST_STRANGERS_BYTES if is_join else LARGEST_MEMBERS_BYTES
        await self._app(scope, _limited(receive, limit), send)


def _add_join(app: FastAPI, hosting: Hosting) -> None:
    @app.exception_handler(JoinRefusedError)
    async def refused(_request: Request, error: JoinRefusedError) -> Response:
        return _refusal(403, error.code)

    @app.post("/join/hello")
    async def hello(said: GuestHello, request: Request) -> HomeHello:
        caller: Caller = request.state.caller
        return hosting.hello(said, caller.address)

    @app.post("/join/round")
    async def heard(said: GuestRound) -> HomeRound:
        return hosting.heard(said)

    @app.post("/join/outcome")
    async def outcome(said: OutcomeQuestion) -> Outcome:
        return await hosting.outcome(said.session)


def _member(request: Request) -> NodeId:
    member: NodeId = request.state.member
    return member


CallingMember = Annotated[NodeId, Depends(_member)]


def _add_mesh(app: FastAPI, belonging: Belonging, links: Links, twins: Twins) -> None:
    @app.post("/mesh/exchange")
    async def exchange(request: Request, member: CallingMember) -> Response:
        try:
            said = EXCHANGE.validate_json(await request.body())
        except ValidationError:
            return _refusal(422, "version")
        caller: Caller = request.state.caller
        twins.heard(member, said.report.run, caller.address)
        try:
            links.heard(member, said, caller.address)
            told: Exchange = await links.told(member, said.roster_version)
        except (RosterRefusedError, PeerRefusedError) as error:
            return JSONResponse({"code": "unfit", "message": str(error)}, 409)
        return Response(EXCHANGE.dump_json(told), media_type="application/json")

    @app.post(RENEW)
    async def renew(request: Request) -> Response:
        caller: Caller = request.state.caller
        membership = belonging.home()
        if caller.certificate is None:
            return _refusal(403, "stranger")
        renewed = membership.certificate_for(public_key_in(caller.certificate), belonging.now())
        return Response(pem(renewed), media_type="application/x-pem-file")

    @app.post("/mesh/leave")
    async def leave(member: CallingMember) -> Response:
        now = belonging.now().timestamp()
        belonging.change_roster(lambda roster: dismissed(roster, member, "left", now))
        return Response(status_code=204)

    @app.exception_handler(MeshError)
    async def refused(_request: Request, error: MeshError) -> Response:
        return JSONResponse({"code": "refused", "message": str(error)}, 409)


def _add_engine(app: FastAPI, belonging: Belonging, engine: EngineDoor) -> None:
    def serves() -> bool:
        membership = belonging.membership
        return membership is not None and membership.role in {"home", "worker"}

    @app.post("/models/{digest}")
    async def give(digest: str, asked: TravelQuestion, _member: CallingMember) -> Response:
        membership = belonging.membership
        file = engine.file(digest) if membership is not None and membership.role in GIVING_ROLES else None
        return (given(file, asked) if file else None) or _refusal(404, "no_model")

    @app.post("/engine/{digest}/probe")
    async def probe(digest: str, _member: CallingMember) -> Response:
        return Response(status_code=204 if serves() and await engine.proven(digest) else 503)

    @app.post("/engine/{digest}/{name}")
    async def work(digest: str, name: str, request: Request, member: CallingMember) -> Response:
        if not serves() or name not in {**STREAMS, **PLAIN}:
            return _refusal(404, "stranger")
        body = await request.body()
        if name in PLAIN:
            status, answer = await engine.plain(digest, name, body)
            return Response(answer, status, media_type="application/json")
        if engine.is_full:
            return JSONResponse({"code": "full", "message": "This node has as much to do as it takes."}, 503)
        return StreamingResponse(engine.stream(digest, name, body, member), media_type="text/event-stream")


def _refusal(status: int, code: str) -> JSONResponse:
    return JSONResponse(Refusal(code=code).model_dump(), status)


def _limited(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        event = await receive()
        received += len(event.get("body", b""))
        return {"type": "http.disconnect"} if received > limit else event

    return receive_limited

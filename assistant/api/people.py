"""The entrance on the wire: claiming the box, joining, signing in and out, and where a person is signed in."""

from fastapi import APIRouter, Request

from assistant.api.callers import CurrentCaller, PersonHere, client_of
from assistant.api.errors import documented
from assistant.api.household_wire import JoinRequest, NewPasswordRequest
from assistant.api.models import (
    Identifier,
    LoginRequest,
    RenewedAnswer,
    SessionAnswer,
    SessionsAnswer,
    SetupRequest,
    SignedInAnswer,
)
from assistant.entrance import Entrance
from assistant.household_errors import SessionNotFoundError
from assistant.sessions import Sessions


def entrance_router(entrance: Entrance) -> APIRouter:
    """The routes that are open to strangers."""
    routes = APIRouter(tags=["people"])

    @routes.post(
        "/api/setup", status_code=201, summary="Claim the box", responses=documented(400, 403, 409, 413, 422, 429)
    )
    async def setup(request: Request, given: SetupRequest) -> SignedInAnswer:
        """Make the one who read the set-up code on the box's own screen its owner."""
        signed_in = await entrance.claim(
            code=given.code, name=given.name, password=given.password, client=client_of(request)
        )
        return SignedInAnswer.model_validate(signed_in)

    @routes.post("/api/login", summary="Sign in", responses=documented(400, 401, 403, 413, 422, 429))
    async def login(request: Request, given: LoginRequest) -> SignedInAnswer:
        """Exchange name and password for a session; guessing is slowed."""
        signed_in = await entrance.sign_in(name=given.name, password=given.password, client=client_of(request))
        return SignedInAnswer.model_validate(signed_in)

    @routes.post(
        "/api/join", status_code=201, summary="Come to live here", responses=documented(400, 403, 409, 413, 422, 429)
    )
    async def join(request: Request, given: JoinRequest) -> SignedInAnswer:
        """Make the one whom the owner gave a code a person of this house; a code works once."""
        signed_in = await entrance.join(
            code=given.code, name=given.name, password=given.password, client=client_of(request)
        )
        return SignedInAnswer.model_validate(signed_in)

    @routes.post(
        "/api/new-password", summary="Set a forgotten password anew", responses=documented(400, 403, 413, 422, 429)
    )
    async def new_password(request: Request, given: NewPasswordRequest) -> SignedInAnswer:
        """A new password by a code of the owner's; every session of the person ends, and they are told of it."""
        signed_in = await entrance.set_password(code=given.code, password=given.password, client=client_of(request))
        return SignedInAnswer.model_validate(signed_in)

    return routes


def router(sessions: Sessions) -> APIRouter:
    """The routes of people who are signed in."""
    routes = APIRouter(tags=["people"])

    @routes.post("/api/logout", status_code=204, summary="Sign out", responses=documented(401, 403))
    async def logout(caller: CurrentCaller) -> None:
        """End this session; the local key has none and stays."""
        if caller.session is not None:
            sessions.close(caller.session.id, caller.session.person_id)

    @routes.get("/api/sessions", summary="Where I am signed in", responses=documented(401, 403, 409))
    async def list_sessions(caller: CurrentCaller, person: PersonHere) -> SessionsAnswer:
        """Every session of this person that still counts."""
        return SessionsAnswer(
            sessions=[
                SessionAnswer(
                    id=session.id,
                    created_at=session.created_at,
                    used_at=session.used_at,
                    current=caller.session is not None and session.id == caller.session.id,
                )
                for session in sessions.of(person.id)
            ]
        )

    @routes.post("/api/sessions/renew", summary="Exchange my token", responses=documented(401, 403, 404))
    async def renew_session(caller: CurrentCaller) -> RenewedAnswer:
        """Give this session a fresh token; the one that was sent is void from now on."""
        if caller.session is None:
            raise SessionNotFoundError
        return RenewedAnswer(session=sessions.renew(caller.session))

    @routes.delete(
        "/api/sessions/{session_id}",
        status_code=204,
        summary="Sign out elsewhere",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def end_session(session_id: Identifier, person: PersonHere) -> None:
        """End one of this person's sessions."""
        sessions.close(session_id, person.id)

    return routes

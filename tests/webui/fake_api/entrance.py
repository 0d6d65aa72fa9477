"""Who comes in at the fake assistant, and who lives there."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from tests.webui.fake_api.known import Known, refusal


def add_entrance(app: FastAPI, known: Known) -> None:
    """The door in front of every route, set-up, sign-in, and the people."""

    @app.middleware("http")
    async def door(request: Request, call_next: Any) -> Response:
        known.callers.append(request.headers.get("x-hearth-client", ""))
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get(
            "hearth_session", ""
        )
        request.state.token = token
        request.state.person = known.sessions.get(token)
        public = {"/api/health", "/api/setup", "/api/login", "/api/echo", "/api/slow"}
        if request.url.path not in public and request.state.person is None:
            return refusal(401, "unknown_caller", "You are not signed in, or your session has ended.")
        response: Response = await call_next(request)
        return response

    @app.get("/api/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "claimed": known.owner is not None, "engine": "ready", "version": "0.1.0"}

    @app.post("/api/setup")
    async def set_up(request: Request) -> Response:
        wanted = await request.json()
        if known.owner:
            return refusal(409, "already_claimed", "This box already has an owner. Sign in instead.")
        if wanted["code"] != known.setup_code:
            return refusal(
                403, "wrong_setup_code", "This is not the set-up code. Read it again on the box's own screen."
            )
        if len(wanted["password"]) < 8:
            return refusal(422, "weak_password", "This password is too short. Choose one of at least 8 characters.")
        session = known.claim(wanted["name"], wanted["password"])
        return JSONResponse({"person": person(wanted["name"]), "session": session}, 201)

    @app.post("/api/login")
    async def log_in(request: Request) -> Response:
        wanted = await request.json()
        if (wanted["name"], wanted["password"]) != known.owner:
            return refusal(401, "wrong_login", "The name or the password is wrong. Check both and try again.")
        return JSONResponse({"person": person(wanted["name"]), "session": known.enter(wanted["name"])})

    @app.post("/api/logout")
    async def log_out(request: Request) -> Response:
        known.sessions.pop(request.state.token, None)
        return Response(status_code=204)

    @app.get("/api/me")
    async def me(request: Request) -> dict[str, Any]:
        return person(request.state.person)

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


def person(name: str) -> dict[str, Any]:
    may = ["back_up", "change_household", "import_disks", "manage_people", "share", "use_programs", "watch_folders"]
    return {"id": "ada", "name": name, "role": "owner", "may": may}

"""The log-in and set-up forms: plain HTML that works without scripts, by keyboard and with password managers."""

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webui.assistant_client import SESSION_COOKIE, Caller
from webui.doorkeeper import NewCaller, session_of
from webui.entrance import join_page, login_page, new_password_page, restore_page, setup_page, waiting_page
from webui.errors import AssistantAwayError, FormTooLargeError, RefusedError, WebuiError
from webui.household_messages import Entry
from webui.invited import token_in, with_token

log = logging.getLogger(__name__)

LONGEST_FORM_BYTES = 16 * 1024
SESSION_SECONDS = 30 * 24 * 3600
"""How long the browser keeps the cookie; the assistant decides how long the session is good."""
_DIFFER = "The two passwords differ. Type the same one twice."
NO_STORE = {"Cache-Control": "no-store"}


def build_router(caller: NewCaller) -> APIRouter:
    """Routes for /login, /setup, /join, /new-password, /restore and /logout."""
    router = APIRouter(include_in_schema=False)
    _show_forms(router, caller)
    _come_in(router, caller)
    _come_in_with_a_code(router, caller)
    _leave(router, caller)
    return router


def _show_forms(router: APIRouter, caller: NewCaller) -> None:
    @router.get("/login")
    async def show_login(request: Request) -> Response:
        page = partial(login_page, invite=token_in(request.query_params))
        return await _show(caller(request.scope, session_of(request.scope)), claimed=True, page=page)

    @router.get("/setup")
    async def show_setup(request: Request) -> Response:
        return await _show(caller(request.scope, session_of(request.scope)), claimed=False, page=setup_page)

    @router.get("/join")
    async def show_join(request: Request) -> Response:
        return await _show(caller(request.scope, session_of(request.scope)), claimed=True, page=join_page)

    @router.get("/new-password")
    async def show_new_password(request: Request) -> Response:
        return await _show(caller(request.scope, session_of(request.scope)), claimed=True, page=new_password_page)

    @router.get("/restore")
    async def show_restore(request: Request) -> Response:
        return await _show(caller(request.scope, session_of(request.scope)), claimed=False, page=restore_page)


def _come_in(router: APIRouter, caller: NewCaller) -> None:
    @router.post("/login")
    async def log_in(request: Request) -> Response:
        form = await _form_or_none(request)
        if form is None:
            return _page(login_page(problem=str(FormTooLargeError())), 413)
        name, invite = form.get("name", "").strip(), token_in(form)
        try:
            entry = await caller(request.scope, None).log_in(name=name, password=form.get("password", ""))
        except WebuiError as error:
            return _page(login_page(name=name, problem=str(error), invite=invite), _status(error))
        return entered(entry, with_token("/nodes", invite) if invite else "/")

    @router.post("/setup")
    async def set_up(request: Request) -> Response:
        form = await _form_or_none(request)
        if form is None:
            return _page(setup_page(problem=str(FormTooLargeError())), 413)
        code, name, password = form.get("code", "").strip(), form.get("name", "").strip(), form.get("password", "")
        if password != form.get("password_again", ""):
            return _page(setup_page(code=code, name=name, problem=_DIFFER, field="password"), 422)
        try:
            entry = await caller(request.scope, None).set_up(code=code, name=name, password=password)
        except RefusedError as error:
            if error.code == "already_claimed":
                return RedirectResponse("/login", 303, NO_STORE)
            return _page(setup_page(code=code, name=name, problem=str(error), field=_field(error)), error.status)
        except WebuiError as error:
            return _page(setup_page(code=code, name=name, problem=str(error)), _status(error))
        log.info("this node was claimed")
        return entered(entry, "/welcome")


def _come_in_with_a_code(router: APIRouter, caller: NewCaller) -> None:
    @router.post("/join")
    async def join(request: Request) -> Response:
        form = await _form_or_none(request)
        if form is None:
            return _page(join_page(problem=str(FormTooLargeError())), 413)
        code, name, password = form.get("code", "").strip(), form.get("name", "").strip(), form.get("password", "")
        if password != form.get("password_again", ""):
            return _page(join_page(code=code, name=name, problem=_DIFFER, field="password"), 422)
        try:
            entry = await caller(request.scope, None).join(code=code, name=name, password=password)
        except WebuiError as error:
            return _page(join_page(code=code, name=name, problem=str(error), field=_field(error)), _status(error))
        return entered(entry, "/welcome")

    @router.post("/new-password")
    async def new_password(request: Request) -> Response:
        form = await _form_or_none(request)
        if form is None:
            return _page(new_password_page(problem=str(FormTooLargeError())), 413)
        code, password = form.get("code", "").strip(), form.get("password", "")
        if password != form.get("password_again", ""):
            return _page(new_password_page(code=code, problem=_DIFFER, field="password"), 422)
        try:
            entry = await caller(request.scope, None).set_password(code=code, password=password)
        except WebuiError as error:
            return _page(new_password_page(code=code, problem=str(error), field=_field(error)), _status(error))
        return entered(entry, "/")


def _leave(router: APIRouter, caller: NewCaller) -> None:
    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        try:
            await caller(request.scope, session_of(request.scope)).log_out()
        except RefusedError:
            log.info("a session had already ended when its owner logged out")
        except AssistantAwayError as error:
            return _page(waiting_page(str(error)), 503)
        response = RedirectResponse("/login", 303, NO_STORE | {"Clear-Site-Data": '"cache", "storage"'})
        response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response


def entered(entry: Entry, target: str) -> Response:
    """Send a person who has just proved who they are to a page, with the session in their browser's keeping."""
    response = RedirectResponse(target, 303, NO_STORE)
    response.set_cookie(
        SESSION_COOKIE,
        entry.session,
        max_age=SESSION_SECONDS,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


async def read_form(request: Request) -> dict[str, str]:
    """A URL-encoded form's fields; `FormTooLargeError` past 16 KiB or 20 fields."""
    body = bytearray()
    async for piece in request.stream():
        body.extend(piece)
        if len(body) > LONGEST_FORM_BYTES:
            raise FormTooLargeError
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise FormTooLargeError from error


async def _form_or_none(request: Request) -> dict[str, str] | None:
    try:
        return await read_form(request)
    except FormTooLargeError:
        return None


async def _show(caller: Caller, *, claimed: bool, page: Callable[[], str]) -> Response:
    try:
        health = await caller.health()
    except WebuiError as error:
        return _page(waiting_page(str(error)), 503)
    if health.claimed != claimed:
        return RedirectResponse("/login" if health.claimed else "/setup", 303, NO_STORE)
    return _page(page())


def _page(text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status, NO_STORE)


def _status(error: WebuiError) -> int:
    return error.status if isinstance(error, RefusedError) else 503


def _field(error: WebuiError) -> str:
    return _FIELDS.get(error.code, "") if isinstance(error, RefusedError) else ""


_FIELDS = {
    "wrong_setup_code": "code",
    "wrong_invitation": "code",
    "unfit_name": "name",
    "name_taken": "name",
    "weak_password": "password",
}

"""The page that asks before the box is started anew with a new version, and waits until it is back.

Plain HTML and a script of its own: the pages' socket goes with the box, and this page has to outlive it.
"""

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webui.doorkeeper import NewCaller, session_of
from webui.entrance import framed
from webui.errors import WebuiError

_PAGE = """<h1>Start version {version}?</h1>
<p id="restart-words" class="muted">The box restarts, which takes a minute or two. Answers that are being written end;
files, chats and settings stay as they are. If the new version does not work, version {running} comes back by
itself.</p>
<form id="restart">
<button class="button button-main button-wide" type="submit">Restart now</button>
</form>
<div class="ember-bar" id="restart-bar" aria-hidden="true" hidden></div>
<p id="restart-state" role="status"></p>
<p class="entrance-ways"><a href="/system" id="restart-later">Not now</a></p>"""


def build_router(caller: NewCaller) -> APIRouter:
    """The route for /restart, which the doorkeeper lets only people to who are signed in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/restart")
    async def show_restart(request: Request) -> Response:
        try:
            updates = await caller(request.scope, session_of(request.scope)).updates()
        except WebuiError:
            return RedirectResponse("/system", 303, {"Cache-Control": "no-store"})
        if updates.waiting is None or updates.going is not None:
            return RedirectResponse("/system", 303, {"Cache-Control": "no-store"})
        return HTMLResponse(restart_page(updates.waiting, updates.running), headers={"Cache-Control": "no-store"})

    return router


def restart_page(version: str, running: str) -> str:
    """`static/restart.js` asks for the restart and looks for the box until it is back."""
    head = '<script src="/static/restart.js" defer></script>\n'
    body = _PAGE.format(version=escape(version), running=escape(running))
    return framed("Restart", head, body)

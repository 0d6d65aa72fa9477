"""What a page shows when it could not be built: what happened, and the way back."""

import logging

from fastapi import Request
from nicegui import Client, ui
from starlette.responses import Response

from webui.components.basics import box, link, text
from webui.errors import RefusedError, WebuiError

log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong inside Hearth; its journal says more. Try again."
NO_SUCH_PAGE = "There is no such page. Follow a link from the start."


def show(error: Exception) -> None:
    """The whole page for one error; our own errors say their sentence, others go to the journal."""
    if not isinstance(error, WebuiError):
        log.error("a page could not be built", exc_info=error)
    _sheet(str(error) if isinstance(error, WebuiError) else UNEXPECTED)


def refused(error: RefusedError) -> None:
    """The whole page for what the assistant does not give this person, with its status."""
    ui.context.client.status_code = error.status
    _sheet(str(error))


async def no_such_page(request: Request, _: Exception) -> Response:
    """The answer for a path that is no page of ours."""
    with Client(ui.page(""), request=request) as client:
        _sheet(NO_SUCH_PAGE)
    return client.build_response(request, 404)


def _sheet(sentence: str) -> None:
    ui.page_title("That did not work · Hearth")
    with box("main", "sheet failure"):
        text("h1", "That did not work", "display")
        text("p", sentence, "welcome-lead")
        link("Back to the start", "/", classes="button button-main")

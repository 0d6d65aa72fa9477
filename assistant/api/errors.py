"""Errors on the wire: every refusal is `{"error": {"code", "message"}}` with a fitting status."""

import logging
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from assistant import errors
from assistant.api.models import ErrorAnswer

log = logging.getLogger(__name__)

STATUS: Final[dict[type[errors.AssistantError], int]] = {
    errors.UnknownCallerError: 401,
    errors.WrongLoginError: 401,
    errors.ForeignOriginError: 403,
    errors.WrongSetupCodeError: 403,
    errors.ChatNotFoundError: 404,
    errors.DocumentNotFoundError: 404,
    errors.NoPictureError: 404,
    errors.PageNotFoundError: 404,
    errors.SessionNotFoundError: 404,
    errors.AlreadyClaimedError: 409,
    errors.NotClaimedError: 409,
    errors.QuestionTooLongError: 413,
    errors.UploadTooLargeError: 413,
    errors.EmptyUploadError: 422,
    errors.UnfitNameError: 422,
    errors.UnreadableDocumentError: 422,
    errors.WeakPasswordError: 422,
    errors.TooManyGuessesError: 429,
    errors.EmbedderUnavailableError: 503,
    errors.ParserUnavailableError: 503,
    errors.TookTooLongError: 503,
    errors.DiskFullError: 507,
}
_CLIENT_GONE = 499
_CODES: Final = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}
_SENTENCES: Final = {
    400: "The body of this request can't be read. Send JSON in UTF-8.",
    404: "There is nothing at this address. See /api/openapi.json for what there is.",
    405: "This address does not take such a request. See /api/openapi.json for what it takes.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return {status: {"model": ErrorAnswer, "description": _MEANING[status]} for status in statuses}


_MEANING: Final = {
    400: "The body can't be read.",
    401: "The caller is unknown, or name and password do not belong together.",
    403: "The set-up code is wrong, or another website sent this request.",
    404: "There is no such thing that this caller may see.",
    409: "The box is claimed already, or not yet.",
    413: "More than this box takes at once.",
    422: "A field is missing or does not fit; the message says which.",
    429: "Too many guesses; `Retry-After` says how many seconds to wait.",
    503: "A part of the box does not answer now; try again.",
    507: "The disk is full.",
}


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error answer."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def answer_for(error: errors.AssistantError) -> JSONResponse:
    """The answer that tells of an error of the assistant."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    headers: dict[str, str] = {}
    if isinstance(error, errors.TooManyGuessesError):
        headers["Retry-After"] = str(error.wait_seconds)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return refusal(status, error.code, str(error), headers)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of the application an error answer."""

    @app.exception_handler(errors.AssistantError)
    async def assistant_error(_request: Request, error: errors.AssistantError) -> Response:
        return answer_for(error)

    @app.exception_handler(RequestValidationError)
    async def unfit_request(_request: Request, error: RequestValidationError) -> Response:
        return refusal(422, "invalid_request", told(error))

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> Response:
        message = _SENTENCES.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        return refusal(error.status_code, _CODES.get(error.status_code, "bad_request"), message, headers)

    @app.exception_handler(ClientDisconnect)
    async def client_gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> Response:
        # Starlette raises the error again after this answer, so uvicorn logs it.
        return refusal(500, "internal_error", "Something in Hearth broke. It is noted in the box's log; try again.")


def told(error: RequestValidationError) -> str:
    """What does not fit, without repeating what was sent."""
    parts = []
    for problem in error.errors():
        place = ".".join(str(step) for step in problem["loc"] if step != "body")
        parts.append(f"{place}: {problem['msg']}" if place else str(problem["msg"]))
    return f"The request does not fit. {'; '.join(parts)}."

"""Errors on the wire: every refusal in the form of the dialect that was spoken, with a fitting status."""

import logging
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from assistant import errors, household_errors, library_errors
from assistant.api import request_ids
from assistant.api.dialects import Dialect, dialect_of, refusal_body
from assistant.api.models import ErrorAnswer
from assistant.api.refused import refused
from assistant.api.unfit import place_of, told
from assistant.backup import errors as backup_errors
from assistant.generation import errors as generation_errors
from assistant.jobs import errors as job_errors
from assistant.models import errors as model_errors
from assistant.updates import errors as update_errors
from firmware.updates.errors import SystemAwayError, UpdateError, UpdateRefusedError

log = logging.getLogger(__name__)

ToldError = errors.AssistantError | UpdateError
"""What has a code for programs and a sentence for people."""
STATUS: Final[dict[type[ToldError], int]] = {
    generation_errors.PromptTooLongError: 400,
    generation_errors.UnfitRequestError: 400,
    household_errors.UnknownCallerError: 401,
    household_errors.WrongLoginError: 401,
    household_errors.ForeignOriginError: 403,
    household_errors.NeedsThePersonError: 403,
    household_errors.NotTheOwnerError: 403,
    household_errors.WrongSetupCodeError: 403,
    backup_errors.WrongPassphraseError: 403,
    household_errors.NotAllowedError: 403,
    household_errors.WrongInvitationError: 403,
    household_errors.WrongPasswordError: 403,
    backup_errors.BackupNotFoundError: 404,
    errors.ChatNotFoundError: 404,
    library_errors.DiskNotFoundError: 404,
    library_errors.DocumentNotFoundError: 404,
    library_errors.FolderNotFoundError: 404,
    household_errors.InvitationNotFoundError: 404,
    household_errors.KeyNotFoundError: 404,
    library_errors.NoPictureError: 404,
    library_errors.PageNotFoundError: 404,
    household_errors.PersonNotFoundError: 404,
    household_errors.SessionNotFoundError: 404,
    library_errors.ShelfNotFoundError: 404,
    generation_errors.ModelNotFoundError: 404,
    generation_errors.ResponseNotFoundError: 404,
    job_errors.JobNotFoundError: 404,
    model_errors.CatalogueError: 404,
    model_errors.DownloadNotFoundError: 404,
    model_errors.NotElsewhereError: 404,
    generation_errors.ModelElsewhereError: 409,
    household_errors.AlreadyClaimedError: 409,
    errors.MeshRefusedError: 409,
    backup_errors.BackupBusyError: 409,
    backup_errors.RestoreNotPossibleError: 409,
    library_errors.FileNameTakenError: 409,
    library_errors.KeptShelfError: 409,
    household_errors.NameTakenError: 409,
    household_errors.NotClaimedError: 409,
    library_errors.NotFailedError: 409,
    library_errors.NotLockedError: 409,
    household_errors.TooManyKeysError: 409,
    job_errors.TooManyJobsError: 409,
    model_errors.ModelExistsError: 409,
    model_errors.ModelInUseError: 409,
    model_errors.ModelStaysError: 409,
    errors.QuestionTooLongError: 413,
    library_errors.UploadTooLargeError: 413,
    backup_errors.BackupError: 422,
    library_errors.EmptyUploadError: 422,
    library_errors.UnfitFolderError: 422,
    errors.UnfitNameError: 422,
    library_errors.UnreadableDocumentError: 422,
    household_errors.WeakPasswordError: 422,
    model_errors.ModelNameError: 422,
    model_errors.UnfitModelError: 422,
    errors.QueueFullError: 429,
    household_errors.TooManyGuessesError: 429,
    errors.EmbedderUnavailableError: 503,
    errors.MeshAwayError: 503,
    errors.ParserUnavailableError: 503,
    generation_errors.EngineAwayError: 503,
    generation_errors.EngineBrokeOffError: 503,
    errors.TookTooLongError: 503,
    model_errors.DownloadFailedError: 503,
    model_errors.ModelTooLargeError: 503,
    library_errors.DiskFullError: 507,
    model_errors.NoRoomOnDiskError: 507,
    update_errors.NoSystemError: 409,
    update_errors.NoUpdatesHereError: 409,
    update_errors.NothingKeptError: 409,
    update_errors.NothingWaitingError: 409,
    update_errors.UpdateBusyError: 409,
    update_errors.UpdateNotElsewhereError: 404,
    UpdateRefusedError: 409,
    UpdateError: 422,
    SystemAwayError: 503,
    update_errors.UpdateStoppedComingError: 503,
    update_errors.NoRoomForUpdateError: 507,
}
_CLIENT_GONE = 499
_FOREIGN_STATUS: Final = {409: 400, 422: 400, 507: 503}
"""What the other dialects say where we would say something finer."""
_CODES: Final = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}
_SENTENCES: Final = {
    400: "The body of this request can't be read. Send JSON in UTF-8.",
    404: "There is nothing at this address. See /api/openapi.json for what there is.",
    405: "This address does not take such a request. See /api/openapi.json for what it takes.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return refused(ErrorAnswer, _MEANING, statuses)


_MEANING: Final = {
    400: "The body can't be read.",
    401: "The caller is unknown, or name and password do not belong together.",
    403: "This caller may not do this, a code or password is wrong, or another website sent this request.",
    404: "There is no such thing that this caller may see.",
    409: "The box is claimed already, or not yet; a name is taken; or there is no room for one more.",
    413: "More than this box takes at once.",
    422: "A field is missing or does not fit; the message says which.",
    429: "Too many guesses, or too many questions at once; `Retry-After` says how many seconds to wait.",
    503: "A part of the box does not answer now; try again.",
    507: "The disk is full.",
}


def refusal(
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    *,
    dialect: Dialect = "hearth",
    field: str | None = None,
    request_id: str | None = None,
) -> JSONResponse:
    """An error answer; Anthropic's tells the request's number once more."""
    if dialect != "hearth" and status in _FOREIGN_STATUS:
        status = _FOREIGN_STATUS[status]
    body = refusal_body(dialect, status, code, message, field)
    if dialect == "anthropic":
        body["request_id"] = request_id
    return JSONResponse(body, status_code=status, headers=headers)


def answer_for(error: ToldError, dialect: Dialect = "hearth", request_id: str | None = None) -> JSONResponse:
    """The answer that tells of an error of the assistant, or of an update."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    headers: dict[str, str] = {}
    if isinstance(error, household_errors.TooManyGuessesError | errors.QueueFullError):
        headers["Retry-After"] = str(error.wait_seconds)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    field = error.field if isinstance(error, generation_errors.UnfitRequestError) else None
    return refusal(status, error.code, str(error), headers, dialect=dialect, field=field, request_id=request_id)


def spoken_by(connection: HTTPConnection) -> Dialect:
    """The dialect of a request."""
    return dialect_of(connection.url.path, connection.headers)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of the application an error answer."""

    @app.exception_handler(errors.AssistantError)
    async def assistant_error(request: Request, error: errors.AssistantError) -> Response:
        return answer_for(error, spoken_by(request), _id_of(request))

    @app.exception_handler(UpdateError)
    async def update_error(request: Request, error: UpdateError) -> Response:
        return answer_for(error, spoken_by(request), _id_of(request))

    @app.exception_handler(RequestValidationError)
    async def unfit_request(request: Request, error: RequestValidationError) -> Response:
        return _refused(request, 422, "invalid_request", told(error), field=place_of(error))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        message = _SENTENCES.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        code = _CODES.get(error.status_code, "bad_request")
        return _refused(request, error.status_code, code, message, headers)

    @app.exception_handler(ClientDisconnect)
    async def client_gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, _error: Exception) -> Response:
        # Starlette raises the error again after this answer, so uvicorn logs it.
        log.error("the request %s broke", _id_of(request))
        message = "Something in Hearth broke. It is noted in the box's log; try again."
        name = request_ids.HEADERS.get(spoken_by(request))
        headers = {name.decode(): _id_of(request) or ""} if name else {}  # the doorman stands behind this answer
        return _refused(request, 500, "internal_error", message, headers)


def _refused(
    request: Request,
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    *,
    field: str | None = None,
) -> JSONResponse:
    return refusal(status, code, message, headers, dialect=spoken_by(request), field=field, request_id=_id_of(request))


def _id_of(request: Request) -> str | None:
    return getattr(request.state, request_ids.STATE, None)

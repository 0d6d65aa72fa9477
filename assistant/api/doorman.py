"""The doorman: refuses strangers, foreign websites and endless bodies before any route sees a request."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api import request_ids
from assistant.api.callers import Callers, token_of
from assistant.api.computed import headers_of
from assistant.api.dialects import OLLAMA_BLOBS, Dialect, dialect_of
from assistant.api.errors import answer_for
from assistant.errors import AssistantError
from assistant.household_errors import ForeignOriginError, UnknownCallerError, UnknownKeyError

OPEN_DOORS = frozenset(
    {
        ("GET", "/api/health"),
        ("POST", "/api/setup"),
        ("POST", "/api/login"),
        ("POST", "/api/join"),
        ("POST", "/api/new-password"),
        ("PUT", "/api/restore"),
        ("POST", "/api/restore/disks"),
        ("POST", "/api/restore/from-disk"),
    }
)
"""All that a stranger may ask; a new route is closed until it is named here."""
UPLOADS = frozenset(
    {("PUT", "/api/documents"), ("PUT", "/api/models"), ("PUT", "/api/restore"), ("PUT", "/api/updates")}
)
"""The requests whose body may be large: the library and the models' shelf limit it, the disk limits a backup, and an
update is as large as its signed list says."""
LARGEST_BODY_BYTES = 256 * 1024
LARGEST_FOREIGN_BODY_BYTES = 16 * 1024 * 1024
"""Programs send whole conversations and many texts to embed at once."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
]


class Doorman:
    """Stands before the application; puts the known caller into `request.state.caller`."""

    def __init__(self, app: ASGIApp, *, callers: Callers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        dialect = dialect_of(scope["path"], HTTPConnection(scope).headers)
        state[request_ids.STATE] = request_ids.new_id()
        guarded = _with_headers(send, state, request_ids.HEADERS.get(dialect))
        try:
            self._admit(scope)
        except AssistantError as error:
            answer = answer_for(error, dialect, state[request_ids.STATE])
            if _is_dav(scope) and isinstance(error, UnknownCallerError):
                answer.headers["WWW-Authenticate"] = 'Basic realm="Hearth: any name, and a key as the password"'
            await answer(scope, receive, guarded)
            return
        if dialect != "hearth":
            scope = _as_json(scope)
        takes_files = _is_upload(scope) or (_is_dav(scope) and scope["method"] == "PUT")
        limited = receive if takes_files else _limited(receive, _largest(dialect))
        await self._app(scope, limited, guarded)

    def _admit(self, scope: Scope) -> None:
        connection = HTTPConnection(scope)
        site = connection.headers.get("sec-fetch-site", "none")
        if scope["method"] not in _SAFE_METHODS and site not in _OWN_SITE:
            raise ForeignOriginError
        caller = self._callers.known(connection)
        if caller is None and _door(scope) not in OPEN_DOORS:
            if dialect_of(scope["path"], connection.headers) != "hearth":
                raise UnknownKeyError(was_brought=bool(token_of(connection)))
            raise UnknownCallerError
        scope.setdefault("state", {})["caller"] = caller


def _door(scope: Scope) -> tuple[str, str]:
    return scope["method"], scope["path"]


def _is_upload(scope: Scope) -> bool:
    return _door(scope) in UPLOADS or (scope["method"] == "POST" and scope["path"].startswith(OLLAMA_BLOBS))


def _is_dav(scope: Scope) -> bool:
    path: str = scope["path"]
    return path == "/dav" or path.startswith("/dav/")


def _largest(dialect: Dialect) -> int:
    return LARGEST_BODY_BYTES if dialect == "hearth" else LARGEST_FOREIGN_BODY_BYTES


def _as_json(scope: Scope) -> Scope:
    """What these dialects send is JSON, whatever `curl -d` calls it."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}


def _limited(receive: Receive, limit_bytes: int) -> Receive:
    """Stops reading where a body grows beyond what any JSON request needs."""
    received_bytes = 0

    async def receive_limited() -> Message:
        nonlocal received_bytes
        event = await receive()
        received_bytes += len(event.get("body", b""))
        if received_bytes > limit_bytes:
            message = f"This request is larger than {limit_bytes // 1024} KiB. Send less at once."
            raise HTTPException(413, message)
        return event

    return receive_limited


def _with_headers(send: Send, state: dict[str, object], id_header: bytes | None) -> Send:
    """Adds what every answer carries: nothing is cached, sniffed, or run as a page; its number and its place."""
    numbered = [] if id_header is None else [(id_header, str(state[request_ids.STATE]).encode("ascii"))]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            added = [header for header in _HEADERS if header[0] not in given] + numbered + headers_of(state)
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return send_with_headers

"""Serves our own styles, fonts and pictures from memory, each with a validator made of its content.

The image’s files all carry one fixed time, so a validator made of that would keep an old style after an update.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

# What a minimal system's table may lack.
MEDIA_TYPES = {".woff2": "font/woff2", ".svg": "image/svg+xml", ".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file's content as it goes over the wire."""

    body: bytes
    media_type: str

    @property
    def validator(self) -> str:
        """A strong entity tag (RFC 9110 §8.8.3)."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def load(folder: Path) -> dict[str, StaticFile]:
    """Every file below a folder, by its path relative to it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): StaticFile(body=path.read_bytes(), media_type=_media_type(path))
        for path in paths
    }


def build_app(files: Mapping[str, StaticFile]) -> ASGIApp:
    """An ASGI app, to be mounted, that answers GET and HEAD for these files; browsers ask before they use a copy."""
    validators = {name: file.validator for name, file in files.items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        await _answer(scope, files.get(name), validators.get(name, ""))(scope, receive, send)

    return app


def _answer(scope: Scope, file: StaticFile | None, validator: str) -> Response:
    if scope["method"] not in {"GET", "HEAD"}:
        return PlainTextResponse("Only GET is known here.", status_code=405, headers={"Allow": "GET, HEAD"})
    if file is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    headers = {"ETag": validator, "Cache-Control": "no-cache"}
    known = dict(scope["headers"]).get(b"if-none-match", b"").decode("latin-1")
    if validator in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(file.body, media_type=file.media_type, headers=headers)


def _media_type(path: Path) -> str:
    return MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"

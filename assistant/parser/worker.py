"""The parser process: takes one request with one open file, answers with pages or a picture, and ends."""

import base64
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from assistant.parser.confinement import NotConfinedError, confine
from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError, message_for, with_notes
from assistant.parser.page import page_to_json
from assistant.parser.protocol import ProtocolError, Reason, Request, encode_answer, receive_request
from assistant.parser.readers import pages_of

_REQUEST_SECONDS: Final = 30.0


def serve(connection: socket.socket) -> None:
    """Answer the one request that comes over this socket. Returns when the other side has all of it or went away."""
    with connection:
        connection.settimeout(_REQUEST_SECONDS)
        try:
            request, descriptor = receive_request(connection)
        except (ProtocolError, TimeoutError):
            return
        connection.settimeout(request.limits.wall_seconds)
        try:
            confine(request.limits)
        except NotConfinedError:
            refused = {"error": "unconfined", "message": message_for("unconfined")}
            connection.sendall(encode_answer(refused))
            return
        try:
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
                for answer in _answers(request, file.read()):
                    connection.sendall(encode_answer(answer))
                    signal.alarm(request.limits.wall_seconds)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return


def _answers(request: Request, content: bytes) -> Iterator[dict[str, Any]]:
    desk = Desk(limits=request.limits, read=pages_of, password=request.password)
    try:
        if request.picture:
            from assistant.parser.picture import marked_picture

            picture = marked_picture(content, request, desk)
            yield {"picture": base64.b64encode(picture).decode("ascii"), "end": True}
        else:
            yield from _reading(request, content, desk)
    except FileFailureError as failure:
        yield {"error": failure.reason, "message": str(failure), "locked": desk.is_locked}
    except (MemoryError, RecursionError):
        yield {"error": "too_large", "message": str(FileFailureError("too_large"))}


def _reading(request: Request, content: bytes, desk: Desk) -> Iterator[dict[str, Any]]:
    characters = 0
    found_text = False
    pages = 0
    for page in pages_of(Source(content=content, media_type=request.media_type), desk):
        pages += 1
        characters += len(page.text)
        found_text = found_text or any(map(str.isalnum, page.text))
        if characters > request.limits.characters or pages > request.limits.pages:
            raise FileFailureError("too_large")
        yield page_to_json(replace(page, number=pages))
    if not found_text:
        if desk.is_locked:
            raise desk.locked()
        reason: Reason = "no_text" if pages or desk.notes else "empty"
        raise FileFailureError(reason, with_notes(message_for(reason), desk.notes))
    yield {
        "end": True,
        "pages": pages,
        "notes": list(desk.notes),
        "locked": desk.is_locked,
        "opened": desk.was_opened,
        "media_type": desk.media_type,
        "day": desk.day.isoformat() if desk.day else None,
    }

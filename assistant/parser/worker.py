"""The parser process: takes one request with one open file, answers with pages or a picture, and ends."""

import base64
import socket
from collections.abc import Iterator
from typing import Any, Final

from assistant.parser.confinement import confine
from assistant.parser.failure import FileFailureError
from assistant.parser.page import Page, page_to_json
from assistant.parser.pdf import open_pdf, pdf_pages
from assistant.parser.picture import marked_picture
from assistant.parser.plain import decoded, plain_pages
from assistant.parser.protocol import ProtocolError, Request, encode_answer, receive_request

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
        confine(request.limits)
        try:
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
                for answer in _answers(request, file.read()):
                    connection.sendall(encode_answer(answer))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return


def _answers(request: Request, content: bytes) -> Iterator[dict[str, Any]]:
    try:
        if request.picture:
            picture = marked_picture(open_pdf(content, request.limits), request.picture, request.limits)
            yield {"picture": base64.b64encode(picture).decode("ascii"), "end": True}
        else:
            yield from _reading(request, content)
    except FileFailureError as failure:
        yield {"error": failure.reason, "message": str(failure)}
    except MemoryError:
        yield {"error": "too_large", "message": str(FileFailureError("too_large"))}


def _reading(request: Request, content: bytes) -> Iterator[dict[str, Any]]:
    characters = 0
    found_text = False
    pages = 0
    for page in _pages(request, content):
        pages += 1
        characters += len(page.text)
        found_text = found_text or any(map(str.isalnum, page.text))
        if characters > request.limits.characters or pages > request.limits.pages:
            raise FileFailureError("too_large")
        yield page_to_json(page)
    if not found_text:
        raise FileFailureError("no_text" if request.media_type == "application/pdf" else "empty")
    yield {"end": True, "pages": pages}


def _pages(request: Request, content: bytes) -> Iterator[Page]:
    match request.media_type:
        case "application/pdf":
            return pdf_pages(open_pdf(content, request.limits))
        case "text/markdown" | "text/plain":
            return plain_pages(decoded(content), markdown=request.media_type == "text/markdown")
        case _:
            raise FileFailureError("unsupported")

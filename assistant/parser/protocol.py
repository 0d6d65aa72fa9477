"""What the library and a parser process say over one Unix socket: a request with an open file, then JSON lines."""

import array
import json
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

REQUEST_BYTES: Final = 64 * 1024
"""A request is one short line; whatever is longer is none."""

Reason = Literal[
    "locked", "broken", "empty", "no_text", "too_large", "unsupported", "timeout", "crashed", "gone", "unconfined"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost."""

    memory_bytes: int = 2 * 1024**3
    """Address space of the process; the libraries alone map about 300 MB."""
    processor_seconds: int = 600
    """Of the process itself; each program that it starts is counted for itself."""
    wall_seconds: int = 180
    """From one page to the next; a file may take long as long as it comes forward."""
    total_seconds: int = 7_200
    """For the whole file: some 300 scanned pages on a slow PC."""
    page_seconds: int = 120
    """For the OCR of one page."""
    unpacked_bytes: int = 600_000_000
    """Of all files inside a file together."""
    members: int = 20_000
    """Files inside a file, and inside those."""
    depth: int = 8
    """How deep files may lie inside files."""
    notes: int = 40
    pages: int = 50_000
    """A mailbox has one for each message."""
    characters: int = 30_000_000
    pixels: int = 12_000_000
    """Of one page's picture as it is shown."""
    picture_pixels: int = 120_000_000
    """Of a photo or a scan that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Which page to draw how wide, and which characters [start, end) of its text to mark.

    `boxes` are the words to mark on a scanned page, in parts of its size as in page.Word: left, top, right, bottom.
    """

    page: int
    start: int
    end: int
    width: int
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    within: tuple[int, ...] = ()
    """Of which file inside the file the page is, as in page.PagePicture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Read the file, or draw one page of it where `picture` is given; `password` opens what is locked in it."""

    media_type: str
    limits: Limits
    picture: Mark | None = None
    password: str | None = field(default=None, repr=False)


class ProtocolError(Exception):
    """The other side said something that is not of this protocol, or went away in the middle."""


def send_request(connection: socket.socket, request: Request, file_descriptor: int) -> None:
    """Send a request with the open file attached."""
    line = json.dumps({"verb": "picture" if request.picture else "read", **asdict(request)}) + "\n"
    socket.send_fds(connection, [line.encode()], [file_descriptor])


def receive_request(connection: socket.socket) -> tuple[Request, int]:
    """Receive a request and the descriptor of its file. Raises ProtocolError."""
    received = bytearray()
    descriptors = array.array("i")
    while not received.endswith(b"\n"):
        part, attached, _flags, _address = socket.recv_fds(connection, REQUEST_BYTES, 1)
        descriptors.extend(attached)
        received += part
        if not part or len(received) > REQUEST_BYTES:
            raise ProtocolError("no request")
    if len(descriptors) != 1:
        raise ProtocolError("a request carries exactly one file")
    return _parse_request(bytes(received)), descriptors[0]


def _parse_request(line: bytes) -> Request:
    try:
        fields = json.loads(line)
        picture = fields["picture"]
        return Request(
            media_type=fields["media_type"],
            limits=Limits(**fields["limits"]),
            picture=_mark(picture) if picture else None,
            password=fields["password"],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ProtocolError("not a request") from error


def _mark(fields: dict[str, Any]) -> Mark:
    boxes = tuple((int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in fields["boxes"])
    return Mark(**{**fields, "boxes": boxes, "within": tuple(map(int, fields["within"]))})


def encode_answer(answer: dict[str, Any]) -> bytes:
    """One line of an answer."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8") + b"\n"


def answers(connection: socket.socket, limit_bytes: int) -> Iterator[dict[str, Any]]:
    """The lines of an answer as they come, at most `limit_bytes` in all. Raises ProtocolError and TimeoutError."""
    taken = 0
    with connection.makefile("rb") as stream:
        while line := stream.readline(limit_bytes - taken + 1):
            taken += len(line)
            if taken > limit_bytes or not line.endswith(b"\n"):
                raise ProtocolError("an answer without an end")
            yield _parse_answer(line)


def _parse_answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise ProtocolError("an answer that is not JSON") from error
    if not isinstance(answer, dict):
        raise ProtocolError("an answer that is no object")
    return answer

"""What the library and a parser process say over one Unix socket: a request with an open file, then JSON lines."""

import array
import json
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

REQUEST_BYTES: Final = 64 * 1024
"""A request is one short line; whatever is longer is none."""

Reason = Literal["locked", "broken", "empty", "no_text", "too_large", "unsupported", "timeout", "crashed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost."""

    memory_bytes: int = 2 * 1024**3
    """Address space of the process; the libraries alone map about 300 MB."""
    processor_seconds: int = 120
    wall_seconds: int = 180
    pages: int = 5_000
    characters: int = 30_000_000
    pixels: int = 12_000_000
    """Of one page's picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Which page to draw how wide, and which characters [start, end) of its text to mark."""

    page: int
    start: int
    end: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Read the file, or draw one page of it where `picture` is given."""

    media_type: str
    limits: Limits
    picture: Mark | None = None


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
            picture=Mark(**picture) if picture else None,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ProtocolError("not a request") from error


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

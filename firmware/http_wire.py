"""One request of HTTP/1.1 (RFC 9112) as bytes, and the answer to it out of bytes; no input or output of its own."""

import re
from collections import deque
from collections.abc import Sequence
from typing import Final

import httptools
import httpx

Headers = Sequence[tuple[bytes, bytes]]
LAST_CHUNK: Final = b"0\r\n\r\n"

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET: Final = re.compile(rb"[\x21-\x7e\x80-\xff]+")
_VALUE: Final = re.compile(rb"[^\x00\r\n]*")


def head_of(method: bytes, target: bytes, headers: Headers) -> bytes:
    """The request's line and headers; raises `httpx.LocalProtocolError` for what would be read as something else."""
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        message = "a request's method or target holds what may not stand there"
        raise httpx.LocalProtocolError(message)
    lines = [method + b" " + target + b" HTTP/1.1"]
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            message = "a header holds what may not stand there"
            raise httpx.LocalProtocolError(message)
        lines.append(name + b": " + value)
    return b"\r\n".join((*lines, b"", b""))


def declared_bytes(headers: Headers) -> int | None:
    """The `Content-Length` of a request; None where its body comes in chunks. Raises `httpx.LocalProtocolError`."""
    for name, value in headers:
        if name.lower() == b"content-length":
            if not value.isdigit():
                message = "the length of a request's body is no number"
                raise httpx.LocalProtocolError(message)
            return int(value)
    return 0 if all(name.lower() != b"transfer-encoding" for name, _ in headers) else None


def chunk(piece: bytes) -> bytes:
    """A piece of a body of unknown length (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class Answer:
    """The answer to one request, as its bytes come; raises `httpx.RemoteProtocolError` for what is none."""

    def __init__(self, *, has_body: bool) -> None:
        """An answer to HEAD has no body, whatever its headers say."""
        self._has_body = has_body
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: deque[bytes] = deque()
        """What came of the body and was not taken yet."""
        self.is_headed = False
        """Whether status and headers are there; what comes before them with a status of 1xx does not count."""
        self.is_whole = False

    def feed(self, came: bytes) -> None:
        """Take what came; nothing is the end of the connection."""
        if self.is_whole or self._parser is None:
            return
        if not came:
            self._end()
            return
        try:
            self._parser.feed_data(came)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_whole:
                raise httpx.RemoteProtocolError(str(error)) from error

    def close(self) -> None:
        """Let go of the parser, which holds this in turn."""
        self._parser = None

    def _end(self) -> None:
        if not self.is_headed:
            message = "the server left without an answer"
            raise httpx.RemoteProtocolError(message)
        if any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self.headers):
            message = "the server ended the answer in the middle"
            raise httpx.RemoteProtocolError(message)
        self.is_whole = True  # its length was not told, so that its end is the connection's

    # What the parser calls:

    def on_message_begin(self) -> None:
        """Another answer: the first, or the one after a 1xx."""
        self.headers, self.reason = [], b""

    def on_status(self, reason: bytes) -> None:
        """A part of the reason phrase."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """All headers are there."""
        assert self._parser is not None  # noqa: S101 - it is who calls
        self.status = self._parser.get_status_code()
        self.is_headed = self.status >= httpx.codes.OK
        self.is_whole = self.is_headed and not self._has_body

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        if self._has_body:
            self.pieces.append(piece)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it was a 1xx."""
        self.is_whole = self.is_headed

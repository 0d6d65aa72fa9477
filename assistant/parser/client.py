"""The library's side of the parser: hands over an open file, takes pages or a picture, survives whatever it does."""

import base64
import binascii
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from assistant.errors import ParserUnavailableError
from assistant.library_errors import UnreadableDocumentError
from assistant.parser.failure import message_for
from assistant.parser.kinds import MEDIA_TYPES
from assistant.parser.page import Page, page_from_json
from assistant.parser.protocol import Limits, Mark, ProtocolError, Reason, Request, answers, send_request

_BYTES_PER_CHARACTER: Final = 14
"""The most that JSON makes of one character, and its share of the place of a word on a scan."""
_PAGE_BYTES: Final = 1_000
"""Its number and its headings."""
_GRACE_SECONDS: Final = 1.0
_KEPT_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG")


class Transport(Protocol):
    """How a fresh parser process is reached."""

    def connect(self) -> AbstractContextManager[socket.socket]:
        """A socket to a process of its own, which ends with the block. Raises ParserUnavailableError."""
        ...


class UnitTransport:
    """The appliance's way: systemd starts a `hearth-parser@` for each connection to its socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def connect(self) -> Iterator[socket.socket]:
        """Connect to the unit's socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.connect(str(self._path))
            except OSError as error:
                raise ParserUnavailableError from error
            yield connection


class ChildTransport:
    """The way without systemd: a child process with the socket as its standard input, which shuts itself in."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    @contextmanager
    def connect(self) -> Iterator[socket.socket]:
        """Start a child; it is killed at the end of the block, with all that it started."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                child = self._start(theirs)
            try:
                yield ours
            finally:
                _end_all(child)

    def _start(self, connection: socket.socket) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._command,
                stdin=connection.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            )
        except OSError as error:
            raise ParserUnavailableError from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file was read: its pages, and sentences about what in it could not be read."""

    pages: int
    notes: tuple[str, ...] = ()
    is_locked: bool = False
    """Whether the right password would open more of it."""
    was_opened: bool = False
    """Whether the password that was given opened something."""
    media_type: str | None = None
    """What the file is by its bytes, whatever its name promises."""
    day: date | None = None
    """Of which day the file is, as far as it says so."""


def _end_all(child: subprocess.Popen[bytes]) -> None:
    """End a child with all that it started, such as Tesseract; it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


class Parser:
    """Reads files, each in a process of its own. Blocking: call it from a thread."""

    def __init__(self, transport: Transport, limits: Limits | None = None) -> None:
        self._transport = transport
        self._limits = limits or Limits()
        self._connections: set[socket.socket] = set()

    def read(
        self, file: Path, media_type: str, on_page: Callable[[Page], None], password: str | None = None
    ) -> Reading:
        """Hand each page to `on_page` as it comes and answer how many there were, and what could not be read.

        Raises UnreadableDocumentError where the file cannot be read, ParserUnavailableError where no file can.
        """
        request = Request(media_type=media_type, limits=self._limits, password=password)
        limit_bytes = self._limits.characters * _BYTES_PER_CHARACTER + self._limits.pages * _PAGE_BYTES
        pages = 0
        with closing(self._ask(file, request, limit_bytes)) as lines:
            for answer in lines:
                if answer.get("end"):
                    return _reading(pages, answer)
                page = _page(answer)
                pages += 1
                if page.number != pages:
                    raise _failure("crashed")
                on_page(page)
        raise _failure("crashed")

    def picture(self, file: Path, media_type: str, mark: Mark, password: str | None = None) -> bytes:
        """A page as PNG with its words marked. Raises as `read` does."""
        request = Request(media_type=media_type, limits=self._limits, picture=mark, password=password)
        with closing(self._ask(file, request, self._limits.pixels * 6)) as lines:
            for answer in lines:
                return _picture(answer)
        raise _failure("crashed")

    def stop(self) -> None:
        """Break off all that is being read, from another thread; its callers get UnreadableDocumentError."""
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _ask(self, file: Path, request: Request, limit_bytes: int) -> Generator[dict[str, Any], None, None]:
        """The answer's lines; a failure that the parser names, its death and its silence are raised."""
        patience = self._limits.wall_seconds + _GRACE_SECONDS
        end = time.monotonic() + self._limits.total_seconds
        with self._transport.connect() as connection, _opened(file) as opened:
            connection.settimeout(patience)
            self._connections.add(connection)
            try:
                send_request(connection, request, opened.fileno())
                for answer in answers(connection, limit_bytes):
                    if "error" in answer:
                        raise UnreadableDocumentError(
                            str(answer["error"]),
                            str(answer.get("message", "")),
                            is_locked=bool(answer.get("locked")),
                        )
                    yield answer
                    connection.settimeout(max(min(patience, end - time.monotonic()), 0.001))
            except TimeoutError as error:
                raise _failure("timeout") from error
            except (ProtocolError, ConnectionError) as error:
                raise _failure("crashed") from error
            finally:
                self._connections.discard(connection)


def _opened(file: Path) -> BinaryIO:
    """The file, which may have been deleted just now."""
    try:
        return file.open("rb")
    except FileNotFoundError as error:
        raise _failure("gone") from error


def _failure(reason: Reason) -> UnreadableDocumentError:
    return UnreadableDocumentError(reason, message_for(reason))


def _reading(pages: int, end: dict[str, Any]) -> Reading:
    return Reading(
        pages=pages,
        notes=tuple(map(str, end.get("notes", []))),
        is_locked=bool(end.get("locked")),
        was_opened=bool(end.get("opened")),
        media_type=next((known for known in MEDIA_TYPES if known == end.get("media_type")), None),
        day=_day(end.get("day")),
    )


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _page(answer: dict[str, Any]) -> Page:
    try:
        return page_from_json(answer)
    except (KeyError, TypeError, ValueError) as error:
        raise _failure("crashed") from error


def _picture(answer: dict[str, Any]) -> bytes:
    with contextlib.suppress(KeyError, TypeError, binascii.Error):
        return base64.b64decode(answer["picture"], validate=True)
    raise _failure("crashed")

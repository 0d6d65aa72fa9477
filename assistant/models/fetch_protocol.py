"""What the assistant and a process that fetches say over one Unix socket: a wish, what was found, a file, progress.

The one who fetches has the network and nothing else: the file that it writes into is handed over as an open descriptor.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

_LONGEST_LINE: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which file to fetch, and from where."""

    hub: str
    """The address of the hub, such as https://huggingface.co."""
    repository: str
    file: str
    """Its name, or only its quantization: then the one who fetches looks which file of the repository that is."""


class FetchProtocolError(Exception):
    """The other side said something that is not of this protocol, or went away in the middle."""


class Line:
    """JSON lines over a connected socket, and a file's descriptor along with one of them. Blocking."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = bytearray()
        self._descriptors: list[int] = []

    def say(self, words: Mapping[str, Any], descriptor: int | None = None) -> None:
        """Send one line. Raises `FetchProtocolError` where nobody listens."""
        content = json.dumps(words).encode() + b"\n"
        try:
            if descriptor is None:
                self._connection.sendall(content)
            else:
                socket.send_fds(self._connection, [content], [descriptor])
        except OSError as error:
            raise FetchProtocolError from error

    def heard(self) -> dict[str, Any]:
        """The next line. Raises `FetchProtocolError`, and `TimeoutError` where none comes in time."""
        while b"\n" not in self._received:
            self._receive()
        line, _, rest = bytes(self._received).partition(b"\n")
        self._received = bytearray(rest)
        try:
            words = json.loads(line)
        except ValueError as error:
            raise FetchProtocolError from error
        if not isinstance(words, dict):
            raise FetchProtocolError
        return words

    def descriptor(self) -> int:
        """The file that came along with what was heard. Raises `FetchProtocolError` where none did."""
        if len(self._descriptors) != 1:
            raise FetchProtocolError
        return self._descriptors.pop()

    def _receive(self) -> None:
        try:
            part, attached, _flags, _address = socket.recv_fds(self._connection, _LONGEST_LINE, 1)
        except TimeoutError:
            raise
        except OSError as error:
            raise FetchProtocolError from error
        self._descriptors.extend(attached)
        self._received += part
        if not part or len(self._received) > _LONGEST_LINE:
            raise FetchProtocolError


def wish_words(wish: Wish) -> dict[str, Any]:
    """A wish as words."""
    return asdict(wish)


def wish_of(words: Mapping[str, Any]) -> Wish:
    """The wish in these words. Raises `FetchProtocolError`."""
    try:
        return Wish(hub=str(words["hub"]), repository=str(words["repository"]), file=str(words["file"]))
    except KeyError as error:
        raise FetchProtocolError from error

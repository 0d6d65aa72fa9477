"""Hands a backup to whoever may write onto a disk: a process that systemd starts for it, or this one.

Over the socket: a line `{"disk", "name", "size_bytes"}`; `{"ready": true}` comes back, then so many bytes follow, and
`{"done": true}` once they are on the disk. `{"refused": WHY}` may come in place of either.
"""

import json
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any, Final, Protocol, get_args

from assistant.backup.disk_file import write_whole
from assistant.backup.errors import BackupNotWrittenError, Why
from assistant.errors import ParserUnavailableError
from assistant.parser.client import Transport

_LONGEST_LINE: Final = 2_000
_PIECE_BYTES: Final = 256 * 1024
_SILENCE_SECONDS: Final = 600.0
"""A slow stick may take minutes for what waits in memory."""

Opened = Callable[[str], AbstractContextManager[Path]]
"""Makes the disk of this name a folder that can be written to, for a while; raises `BackupNotWrittenError`."""
Pieces = Generator[bytes, None, None]


class Writer(Protocol):
    """Writes a backup onto a disk. Blocking."""

    def write(self, disk: Path, name: str, size_bytes: int, pieces: Pieces, told: Callable[[int], None]) -> None:
        """`disk` is the folder where it is mounted; `told` hears how many bytes have been handed over.

        Raises `BackupNotWrittenError`.
        """
        ...


class HereWriter:
    """A desktop mounts disks for the person who runs the node, so that this process may write itself."""

    def write(self, disk: Path, name: str, size_bytes: int, pieces: Pieces, told: Callable[[int], None]) -> None:
        """See `Writer.write`."""
        write_whole(disk, name, size_bytes, _counted(pieces, told))


class UnitWriter:
    """On the appliance disks are mounted to be read; `hearth-stick@` may write one file."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def write(self, disk: Path, name: str, size_bytes: int, pieces: Pieces, told: Callable[[int], None]) -> None:
        """See `Writer.write`."""
        try:
            with self._transport.connect() as connection, closing(pieces):
                connection.settimeout(_SILENCE_SECONDS)
                wish = {"disk": disk.name, "name": name, "size_bytes": size_bytes}
                connection.sendall(json.dumps(wish).encode() + b"\n")
                _answer(connection)
                # Who refuses in the midst says why, and is deaf to the rest.
                with suppress(ConnectionError):
                    for piece in _counted(pieces, told):
                        connection.sendall(piece)
                _answer(connection)
        except ParserUnavailableError as error:
            raise BackupNotWrittenError("away") from error
        except (OSError, ValueError) as error:
            raise BackupNotWrittenError("gone") from error


def serve(connection: socket.socket, opened: Opened) -> None:
    """Write the one backup that is asked for over this socket."""
    try:
        wish = _line(connection)
        disk, name, size_bytes = str(wish["disk"]), str(wish["name"]), int(wish["size_bytes"])
        with opened(disk) as folder:
            write_whole(folder, name, size_bytes, _arriving(connection, size_bytes))
    except BackupNotWrittenError as error:
        _say(connection, {"refused": error.why})
    except (OSError, ValueError, KeyError, TypeError):
        _say(connection, {"refused": "gone"})
    else:
        _say(connection, {"done": True})


def _arriving(connection: socket.socket, size_bytes: int) -> Iterator[bytes]:
    """The bytes that follow; asked for once there is a place for them."""
    _say(connection, {"ready": True})
    left = size_bytes
    while left:
        piece = connection.recv(min(_PIECE_BYTES, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def _counted(pieces: Pieces, told: Callable[[int], None]) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        yield piece
        total += len(piece)
        told(total)


def _answer(connection: socket.socket) -> None:
    why = _line(connection).get("refused")
    if why is not None:
        raise BackupNotWrittenError(why if why in get_args(Why) else "gone")


def _line(connection: socket.socket) -> dict[str, Any]:
    """The next line, read by single bytes: others may follow it."""
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(1)
        if not piece or len(line) > _LONGEST_LINE:
            message = "the other side left"
            raise ConnectionError(message)
        line += piece
    said = json.loads(line)
    if not isinstance(said, dict):
        message = "not a line of this protocol"
        raise TypeError(message)
    return said


def _say(connection: socket.socket, words: dict[str, object]) -> None:
    with suppress(OSError):
        connection.sendall(json.dumps(words).encode() + b"\n")

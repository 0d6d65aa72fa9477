"""The way to the one process that may write a system: what is asked of it, and what it answers. Both sides are here.

Over its Unix socket: one line `{"do": "state" | "install" | "restart"}`; with "install" the update file's descriptor
travels along, open to be read. Lines `{"done": BYTES, "of": BYTES}` may follow, and then one last line:
`{"running", "waiting", "failed"}`, or `{"refused": CODE, "message": SENTENCE}`.
"""

import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from firmware.updates.errors import SystemAwayError, UpdateError, UpdateRefusedError
from firmware.updates.versions import Version

Deed = Literal["state", "install", "restart"]
Told = Callable[[int, int], None]
"""Hears how many bytes of how many have been worked through."""
_DEEDS: Final = frozenset({"state", "install", "restart"})
_LONGEST_LINE: Final = 2_000
_SILENCE_SECONDS: Final = 600.0
"""A slow stick may take minutes for what waits in memory."""


class SystemState(BaseModel):
    """Which versions of the system are on this box's disk, and which of them runs."""

    model_config = ConfigDict(frozen=True)

    running: Version
    waiting: Version | None = None
    """Installed, and used from the next start on."""
    failed: Version | None = None
    """It was started and did not work, so that the one before came back."""


class System(Protocol):
    """The system that this box runs. Blocking."""

    def state(self) -> SystemState:
        """Raises `SystemAwayError`."""
        ...

    def install(self, file: Path, told: Told) -> SystemState:
        """Write this update beside the running system, for the next start; raises `UpdateError`."""
        ...

    def restart(self) -> None:
        """Start the box anew, in a moment. Raises `SystemAwayError`."""
        ...


class UnitSystem:
    """Asks the unit that systemd starts for each connection to `socket_path`."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def state(self) -> SystemState:
        """See `System.state`."""
        return self._asked("state", None, lambda *_: None)

    def install(self, file: Path, told: Told) -> SystemState:
        """See `System.install`."""
        with file.open("rb") as opened:
            return self._asked("install", opened, told)

    def restart(self) -> None:
        """See `System.restart`."""
        self._asked("restart", None, lambda *_: None)

    def _asked(self, deed: Deed, file: BinaryIO | None, told: Told) -> SystemState:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_SILENCE_SECONDS)
                connection.connect(str(self._path))
                line = json.dumps({"do": deed}).encode() + b"\n"
                socket.send_fds(connection, [line], [file.fileno()] if file else [])
                with connection.makefile("rb") as answers:
                    return _heard(answers, told)
        except (OSError, ValueError) as error:
            raise SystemAwayError from error


def serve(connection: socket.socket, system: Callable[[Deed, BinaryIO | None, Told], SystemState]) -> None:
    """Do the one deed that is asked for over this socket; `system` raises `UpdateError` for what it will not do."""
    line, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_LINE, 1)
    file = os.fdopen(descriptors[0], "rb") if descriptors else None
    try:
        deed = json.loads(line)["do"]
        if deed not in _DEEDS or (deed == "install") != (file is not None):
            return
        state = system(deed, file, lambda done, of: _say(connection, {"done": done, "of": of}))
    except UpdateError as error:
        _say(connection, {"refused": error.code, "message": str(error)})
    except (ValueError, KeyError, TypeError):
        return
    else:
        _say(connection, state.model_dump())
    finally:
        if file is not None:
            file.close()


def _heard(answers: BinaryIO, told: Told) -> SystemState:
    while line := answers.readline(_LONGEST_LINE):
        said = json.loads(line)
        if "done" in said:
            told(int(said["done"]), int(said["of"]))
        elif "refused" in said:
            raise UpdateRefusedError(str(said["refused"]), str(said["message"]))
        else:
            try:
                return SystemState.model_validate(said)
            except ValidationError as error:
                raise SystemAwayError from error
    raise SystemAwayError


def _say(connection: socket.socket, words: dict[str, Any]) -> None:
    with suppress(OSError):
        connection.sendall(json.dumps(words).encode() + b"\n")

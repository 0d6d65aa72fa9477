"""QEMU's own control channel (QMP): one command at a time over a Unix socket."""

import json
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from image.errors import MonitorError

ANSWER_SECONDS = 30.0


class Monitor:
    """A QMP session; close it, or use it in a `with` statement."""

    def __init__(self, path: Path, *, patience_seconds: float = ANSWER_SECONDS) -> None:
        self._socket = _connect(path, patience_seconds)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: str | bool | dict[str, str]) -> object:
        """Run one QMP command and return its JSON value; events that arrive meanwhile are passed over."""
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        try:
            self._socket.sendall(json.dumps(message).encode())
        except OSError as error:
            msg = f"QEMU closed its monitor before the command {command}."
            raise MonitorError(msg) from error
        while True:
            answer = self._read()
            if "error" in answer:
                msg = f"QEMU refused the command {command}: {answer['error'].get('desc', 'no reason given')}."
                raise MonitorError(msg)
            if "return" in answer:
                return answer["return"]

    def close(self) -> None:
        """End the session; the guest goes on."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            msg = f"QEMU's monitor said nothing for {ANSWER_SECONDS:.0f} seconds."
            raise MonitorError(msg) from error
        if not line:
            msg = "QEMU closed its monitor."
            raise MonitorError(msg)
        answer: dict[str, Any] = json.loads(line)
        return answer


def _connect(path: Path, patience_seconds: float) -> socket.socket:
    deadline = time.monotonic() + patience_seconds
    while True:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.settimeout(ANSWER_SECONDS)
        try:
            channel.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            channel.close()
            if time.monotonic() > deadline:
                msg = "QEMU did not open its monitor."
                raise MonitorError(msg) from error
            time.sleep(0.05)
        else:
            return channel

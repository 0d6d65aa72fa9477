"""`hearth-rpc@`: computes a part of a model for one lease of another box, in a sandbox, and ends with the lease.

llama.cpp's RPC server knows no passwords and trusts what it reads. So it listens on the loopback of a network in which
nobody else is; whoever holds the other end of standard input's socket gets connections to it, and nobody else does.
The first line says `{"memory_bytes", "threads"}`; `ready` or `refused: REASON` comes back; each byte `c` that follows
is answered with one connected socket, and `n` with the network itself, into which a wire to the holder may lead.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from firmware import apart, tied
from services.arguments import settings_from

PORT = 50052
"""In a network of its own any number will do."""
START_SECONDS = 30.0
CONNECT_SECONDS = 5.0
SPARE_BYTES = 512 << 20
"""What the program takes beside the memory that is lent: its libraries, stacks, and what computing a batch takes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the one connection that systemd (or the mesh) gave us as file descriptor 0."""
    engine = settings_from(argv, __doc__ or "").places.engine
    with socket.socket(fileno=os.dup(0)) as holder:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # what we start does not get the holder's socket
        asked = json.loads(_line(holder))
        try:
            _shut_in(int(asked["memory_bytes"]))
        except OSError as error:
            holder.sendall(f"refused: this PC's kernel gives it no network of its own ({error.strerror})\n".encode())
            return 1
        with _running(engine, int(asked["threads"])) as process:
            _until_it_listens(process).close()
            holder.sendall(b"ready\n")
            _serve(holder, process)
    return 0


def _line(holder: socket.socket) -> bytes:
    holder.settimeout(START_SECONDS)
    line = b""
    while not line.endswith(b"\n") and len(line) < 1000:
        piece = holder.recv(1)
        if not piece:
            sys.exit(0)
        line += piece
    holder.settimeout(None)
    return line


def _shut_in(memory_bytes: int) -> None:
    if not apart.is_apart():
        apart.go_apart()
    limit = memory_bytes + SPARE_BYTES
    for what, most in (
        (resource.RLIMIT_DATA, limit),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))


@contextlib.contextmanager
def _running(engine: Path, threads: int) -> Iterator["subprocess.Popen[bytes]"]:
    program = [str(engine / "ggml-rpc-server"), "--host", "0.0.0.0", "--port", str(PORT), "--threads", str(threads)]
    process = subprocess.Popen(
        tied.command(signal.SIGKILL, program), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _until_it_listens(process: "subprocess.Popen[bytes]") -> socket.socket:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", PORT), timeout=CONNECT_SECONDS)
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _serve(holder: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """Connections as they are asked for, until the holder leaves or the program ends."""
    ended = os.pidfd_open(process.pid)
    with DefaultSelector() as waiting:
        waiting.register(holder, EVENT_READ)
        waiting.register(ended, EVENT_READ)
        while True:
            for key, _ in waiting.select():
                asked = b"" if key.fd == ended else holder.recv(1)
                if asked == b"c":
                    with _until_it_listens(process) as connection:
                        socket.send_fds(holder, [asked], [connection.fileno()])
                elif asked == b"n":
                    with apart.NETWORK.open("rb") as network:
                        socket.send_fds(holder, [asked], [network.fileno()])
                else:
                    return


if __name__ == "__main__":
    sys.exit(main())

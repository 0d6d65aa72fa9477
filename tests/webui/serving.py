"""Serves ASGI apps for tests in a thread of this process, on Unix sockets or loopback ports, with TLS where asked."""

import asyncio
import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

START_SECONDS = 20


@contextlib.contextmanager
def serving(app: Any, **where: Any) -> Iterator[uvicorn.Server]:
    """A running server; `where` are uvicorn's own settings, such as `uds=` or `port=`."""
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, **where)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive(), "the server ended before it started"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def port_of(server: uvicorn.Server) -> int:
    """The port that a server got when it asked for port 0."""
    return int(server.servers[0].sockets[0].getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    key, made = folder / "tls.key", folder / "tls.crt"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-keyout", key, "-out", made, *subject], check=True, capture_output=True
    )
    return made, key

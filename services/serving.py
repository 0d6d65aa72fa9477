"""Serves an ASGI app on the sockets of this node and ends it cleanly; the one place that knows uvicorn."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from services import notify
from services.gathering import GatheringProtocol

GRACE_SECONDS = 5
KEEP_SECONDS = 75
"""An idle connection is kept so long. Most programs let go after 5 s or 60 s: who lets go first must be the program, or
a request that it sends at that very moment is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """An app and where it listens."""

    app: Any
    """An ASGI application."""
    sockets: Sequence[socket.socket]
    """Bound, not yet listening sockets."""
    certificate: Path | None = None
    """A PEM file; with it the front speaks TLS."""
    key: Path | None = None
    tls: ssl.SSLContext | None = None
    """In place of certificate and key: a context that its owner may still change."""
    protocol: type[asyncio.Protocol] | None = None
    """In place of the usual HTTP protocol."""


def unix_socket(path: Path, mode: int = 0o660) -> socket.socket:
    """A socket bound to `path`, replacing what a killed predecessor left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(mode)
    return bound


async def serve(
    fronts: Sequence[Front],
    *,
    status: str,
    check: Callable[[], Awaitable[bool]],
    background: Sequence[Callable[[], Coroutine[None, None, None]]] = (),
) -> None:
    """Serve until SIGTERM or SIGINT; tell the service manager when everything listens, and feed its watchdog.

    A `background` task that fails ends the daemon, and the service manager starts it again.
    """
    servers = [_server(front) for front in fronts]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(server.serve(sockets=list(front.sockets)))
            for server, front in zip(servers, fronts, strict=True)
        ]
        aside = [tasks.create_task(task()) for task in background]
        for server in servers:
            await server.listening.wait()
        # What was loaded by now stays: looking through all of it for garbage would hold up whoever is being served.
        gc.collect()
        gc.freeze()
        notify.ready(status)
        aside.append(tasks.create_task(notify.watchdog(check)))
        await stop.wait()
        notify.stopping()
        for server in servers:
            server.should_exit = True
        for task in aside:
            task.cancel()
        await asyncio.gather(*running)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to `serve` and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal: several servers share this process."""
        yield


def _server(front: Front) -> _Server:
    context = front.tls
    config = uvicorn.Config(
        front.app,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever is behind a proxy header would be believed to be on this box
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_SECONDS,
        ssl_certfile=front.certificate,
        ssl_keyfile=front.key,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
        http=front.protocol or GatheringProtocol,
        ws_max_size=1 << 20,
    )
    return _Server(config)


@contextlib.asynccontextmanager
async def until_stopped() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM or SIGINT sets, for a daemon that serves no socket of its own."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    yield stop

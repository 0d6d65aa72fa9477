"""`hearth run`: this machine as a node, in the foreground."""

import argparse
import asyncio
import dataclasses
from pathlib import Path

from services.doors import bound
from services.errors import ServicesError
from services.settings import ListenSettings, Settings, load
from services.supervisor.node import Node

SOCKET_PATH_BYTES = 107
"""The longest path that Linux takes for a Unix socket (sockaddr_un, less the final zero)."""


class DataFolderError(ServicesError):
    """The data folder can't be used; the message says why."""


def act(given: argparse.Namespace) -> int:
    """Run the node until Ctrl-C."""
    settings = node_settings(
        load(given.config), data=given.data.absolute(), https_port=given.https_port, http_port=given.http_port
    )
    longest = max(len(str(path).encode()) for path in (settings.places.assistant_socket, settings.places.engine_socket))
    if longest > SOCKET_PATH_BYTES:
        message = f"{given.data} is too long a path for the node's sockets. Choose a shorter one with --data."
        raise DataFolderError(message)
    for port in (settings.listen.https_port, settings.listen.http_port):
        bound(settings.listen.address, port).close()
    print("Hearth is starting on this machine.", flush=True)
    asyncio.run(Node(settings, say=lambda line: print(line, flush=True)).run())
    return 0


def node_settings(given: Settings, *, data: Path, https_port: int | None, http_port: int | None) -> Settings:
    """The settings of a node in `data`, on ports that need no privilege unless others were asked for."""
    places = dataclasses.replace(given.places, state=data, runtime=data / "run")
    standard = ListenSettings()
    listen = dataclasses.replace(
        given.listen,
        https_port=https_port or _unprivileged(given.listen.https_port, standard.https_port),
        http_port=http_port or _unprivileged(given.listen.http_port, standard.http_port),
    )
    return dataclasses.replace(given, places=places, listen=listen)


def _unprivileged(port: int, standard: int) -> int:
    """443 becomes 8443 and 80 becomes 8080; a port that somebody chose stays."""
    return 8000 + port if port == standard else port

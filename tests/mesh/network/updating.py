"""What the assistant of a node runs to be updated, and a system of the test's own behind a real Unix socket."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from assistant.nodes import Nodes
from assistant.updates.elsewhere import UpdatesElsewhere
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.updates import Updates
from assistant.updates.wished import Pace, WishedUpdates
from firmware.updates.errors import UpdateRefusedError
from firmware.updates.file import checked, public_keys
from firmware.updates.system import Deed, System, SystemState, Told, serve
from firmware.updates.versions import Version
from tests.mesh.network.node import Node
from tests.updates import MAKER


@asynccontextmanager
async def assistant_beside(
    node: Node, *, system: System | None = None, busy: Callable[[], str] = str, waited: float = 60.0
) -> AsyncIterator[Updates]:
    """See above; it looks more often than a real one."""
    mesh_socket = node.folder / "run/mesh/mesh.sock"
    nodes = Nodes(mesh_socket)
    updates = Updates(folder=node.folder / "updates", keys=node.folder / "update-keys", system=system, version="0.1.0")
    fetching = FetchedUpdates(
        updates, UpdatesElsewhere(lambda: nodes.ask("GET", "/nodes"), updates), mesh_socket, pause_seconds=0.2
    )
    pace = Pace(look=0.1, waited=waited, patience=60.0, told=4.0)
    wished = WishedUpdates(nodes, updates, fetching, busy=busy, pace=pace)
    tasks = [asyncio.create_task(one()) for one in (updates.run, fetching.run, wished.run)]
    try:
        yield updates
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await nodes.close()


class RecordedSystem:
    """Answers as the process that writes systems; notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.state = SystemState(running=Version("0.1.0"))

    def __call__(self, deed: Deed, file: BinaryIO | None, told: Told) -> SystemState:
        self.asked.append(deed)
        if file is not None:
            known = checked(file, public_keys([MAKER.public_key().public_bytes_raw()]))
            told(known.size_bytes, known.size_bytes)
            self.state = self.state.model_copy(update={"waiting": known.contents.number})
        if deed == "restart" and self.state.waiting is None:
            raise UpdateRefusedError("nothing", "Nothing waits.")
        return self.state


@contextmanager
def served(system: RecordedSystem, path: Path) -> Iterator[None]:
    """The system behind a socket of this name, a connection at a time."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        serve(connection, system)

        serving = threading.Thread(target=accept)
        serving.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()

"""Brings a whole node up and down on any Linux host, and tells a person how far it is."""

import asyncio
import contextlib
import dataclasses
import fcntl
import json
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import IO

import httpx

from firmware.sockets import UnixTransport
from services import private_avahi
from services.device import read_device
from services.errors import ServicesError, told
from services.settings import Places, Settings, dump
from services.supervisor.child import Child, start
from services.supervisor.daemons import DAEMONS, FIRST_BOOT

log = logging.getLogger(__name__)

Say = Callable[[str], None]


class NodeAlreadyRunningError(ServicesError):
    """Another `hearth run` uses the same data folder; stop it first or choose another with `--data`."""


class DaemonFailedError(ServicesError):
    """A daemon did not come up; its log says why."""


class Node:
    """The daemons of one node over one data folder."""

    ready_seconds = 600.0
    hopeless_starts = 6

    def __init__(self, settings: Settings, *, say: Say) -> None:
        self._settings = settings
        self._places = settings.places
        self._say = say
        self.children: list[Child] = []

    async def run(self) -> None:
        """Start everything, print the address and the set-up code, and serve until SIGINT or SIGTERM."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        with _only_one(self._places), self._log_file() as log_file:
            await self._first_boot(self._write_config(self._settings), log_file)
            async with private_avahi.running(
                self._places.runtime,
                log_file,
                host_name=read_device(self._places).name,
                interfaces=self._settings.mesh.interfaces,
            ) as bus:
                address = bus.get("DBUS_SYSTEM_BUS_ADDRESS", self._settings.mesh.bus_address)
                mesh = dataclasses.replace(self._settings.mesh, bus_address=address)
                config = self._write_config(dataclasses.replace(self._settings, mesh=mesh))
                async with self._daemons(config, log_file):
                    await _unless(stop, self._until_ready())
                    if not stop.is_set():
                        self._greet()
                        await stop.wait()
                    self._say("\nStopping …")
        self._say("Stopped. Your files and chats are kept in " + str(self._places.state))

    async def _first_boot(self, config: Path, log_file: IO[bytes]) -> None:
        begun = time.monotonic()
        process = await start(
            FIRST_BOOT,
            arguments=["--config", str(config)],
            secrets=self._places.secrets,
            runtime=self._places.runtime,
            log_file=log_file,
        )
        if await process.wait() != 0:
            message = f"First boot failed. The reason is in {self._log_path}."
            raise DaemonFailedError(message)
        self._said_done(FIRST_BOOT.told_as, begun)

    @contextlib.asynccontextmanager
    async def _daemons(self, config: Path, log_file: IO[bytes]) -> AsyncIterator[None]:
        self.children = [
            Child(
                daemon,
                arguments=["--config", str(config)],
                secrets=self._places.secrets,
                runtime=self._places.runtime,
                log_file=log_file,
            )
            for daemon in DAEMONS
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(child.run()) for child in self.children]
                try:
                    yield
                finally:
                    for task in running:
                        task.cancel()
        except BaseExceptionGroup as group:
            # The person is told what failed, not that a group of tasks did.
            raise told(group, ServicesError) from None

    async def _until_ready(self) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.ready_seconds):
                for child in self.children:
                    await self._ready(child)
                    self._said_done(child.daemon.told_as, begun)
                await self._samples_searchable(begun)
        except TimeoutError as error:
            waiting = ", ".join(child.daemon.name for child in self.children if not child.ready.is_set())
            message = f"Not everything came up in {self.ready_seconds:.0f} s ({waiting}). See {self._log_path}."
            raise DaemonFailedError(message) from error

    async def _ready(self, child: Child) -> None:
        """Wait for one daemon; `DaemonFailedError` once it has died too often to hope."""
        while not child.ready.is_set():
            if child.starts > self.hopeless_starts:
                message = f"{child.daemon.name} does not come up. The reason is at the end of {self._log_path}."
                raise DaemonFailedError(message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await child.ready.wait()

    async def _samples_searchable(self, begun: float) -> None:
        key = (self._places.secrets / "local.key").read_text(encoding="utf-8").strip()
        transport = UnixTransport(self._places.assistant_socket)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://assistant", headers={"Authorization": f"Bearer {key}"}
        ) as client:
            while True:
                response = await client.get("/api/documents", timeout=30)
                documents = response.raise_for_status().json()["documents"]
                waiting = [one for one in documents if one["status"] in {"queued", "reading"}]
                if not waiting:
                    break
                await asyncio.sleep(0.2)
        self._said_done(f"Library holds {len(documents)} documents", begun)

    def _greet(self) -> None:
        https_port = self._settings.listen.https_port
        name = read_device(self._places).name
        port = "" if https_port == 443 else f":{https_port}"
        self._say("")
        self._say(f"  Open          https://localhost{port}/   (in the house: https://{name}.local{port}/)")
        code = _setup_code(self._places)
        if code:
            self._say(f"  Set-up code:  {code}")
        self._say("  The browser warns once, because this box made its own certificate: that is expected.")
        self._say(f"  Log           {self._log_path}")
        self._say("  Ctrl-C stops everything.")

    def _said_done(self, what: str, begun: float) -> None:
        self._say(f"  ✓ {what:<32} {time.monotonic() - begun:5.1f} s")

    def _write_config(self, settings: Settings) -> Path:
        self._places.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._places.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self._places.runtime / "hearth.toml"
        config.write_text(dump(settings), encoding="utf-8")
        return config

    @property
    def _log_path(self) -> Path:
        return self._places.state / "hearth.log"

    @contextlib.contextmanager
    def _log_file(self) -> Iterator[IO[bytes]]:
        self._places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        logging.basicConfig(level=logging.INFO, filename=self._log_path, format="hearth run: %(message)s", force=True)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        with self._log_path.open("ab", buffering=0) as opened:
            yield opened


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Wait for `work`, or give it up as soon as `stop` is set."""
    working = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if working.done():
        working.result()
    else:
        working.cancel()


def _setup_code(places: Places) -> str | None:
    try:
        content = json.loads(places.setup_code.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return str(content["code"])


@contextlib.contextmanager
def _only_one(places: Places) -> Iterator[None]:
    """Hold the data folder's lock; `NodeAlreadyRunningError` where another process has it."""
    places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (places.state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Hearth already runs with {places.state}. Stop it first, or choose another folder with --data."
            raise NodeAlreadyRunningError(message) from error
        yield

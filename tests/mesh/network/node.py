"""A node of the mesh as real processes: `hearth-mesh` with an engine of the test's own, maybe in a network apart."""

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from firmware import tied
from firmware.probe import probe
from firmware.profile import profile
from tests.mesh.network.fake_engine import KEY

ROOT = Path(__file__).parent.parent.parent.parent
MODEL = b"GGUF, more or less"
DIGEST = hashlib.sha256(MODEL).hexdigest()
WAIT_SECONDS = 120.0


class Node:
    """One node; `enter` is the command that runs something in its network."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        enter: Sequence[str] = (),
        address: str = "127.0.0.1",
        port: int = 0,
        bus: str = "unix:path=/nowhere",
        skew_seconds: float = 0.0,
        program: Sequence[str] = (),
        load_seconds: float = 0.0,
    ) -> None:
        """`program` is a module with its arguments that is run in place of an honest daemon."""
        self.folder, self.name, self.address, self.port = folder, name, address, port
        self._enter = list(enter)
        self.program: Sequence[str] = tuple(program) or ("tests.mesh.network.skewed", str(skew_seconds))
        self._load_seconds = load_seconds
        self.daemon: asyncio.subprocess.Process | None = None
        self.engine: asyncio.subprocess.Process | None = None
        self._prepare(bus)
        transport = httpx.AsyncHTTPTransport(uds=str(folder / "run/mesh/mesh.sock"))
        self.agent = httpx.AsyncClient(transport=transport, base_url="http://mesh", timeout=30)

    def _prepare(self, bus: str) -> None:
        folder = self.folder
        for part in ("device", "models", "credentials", "run"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "device/device.json").write_text(json.dumps({"device_id": self.name, "name": self.name}))
        (folder / "device/profile.json").write_text(profile(probe(folder)).to_json())
        (folder / "models/chat.gguf").write_bytes(MODEL)
        (folder / "models/chat.json").write_text(json.dumps({"name": "Test Model"}))
        (folder / "credentials/engine.key").write_text(KEY)
        (folder / "hearth.toml").write_text(
            f'[places]\nstate = "{folder}"\nruntime = "{folder}/run"\nmodels = "{folder}/models"\n'
            f'update_keys = "{folder}/update-keys"\n'
            f'[listen]\naddress = "{self.address}"\n'
            f'[mesh]\nbus_address = "{bus}"\nport = {self.port}\n'
        )

    async def start_engine(self) -> None:
        self.engine = await self._started(
            sys.executable,
            "-m",
            "tests.mesh.network.fake_engine",
            str(self.folder / "run/engine/llama.sock"),
            self.name,
            str(self._load_seconds),
        )

    async def start(self) -> None:
        """Start the daemon and wait until it answers."""
        self.daemon = await self._started(
            *(sys.executable, "-m", *self.program),
            *("--config", str(self.folder / "hearth.toml")),
        )
        await self.until(lambda seen: bool(seen))

    async def _started(self, *command: str) -> asyncio.subprocess.Process:
        environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(self.folder / "credentials")}
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *tied.command(signal.SIGKILL, [*self._enter, *command]),
                env=environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    async def stop(self) -> None:
        """End both processes; the folder stays."""
        await self.agent.aclose()
        for process in (self.daemon, self.engine):
            if process is not None and process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                    process.kill()
                await process.wait()

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        response = await self.agent.request(method, path, json=content)
        if response.status_code == 409:
            return response.json()
        return response.raise_for_status().json() if response.content else None

    async def seen(self) -> dict[str, Any]:
        """What the page of nodes would show."""
        seen: dict[str, Any] = await self.ask("GET", "/nodes")
        return seen

    async def until(self, holds: Any, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait until what is seen here is as wanted."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        seen: dict[str, Any] = {}
        while loop.time() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                seen = await self.seen()
                if holds(seen):
                    return seen
            await asyncio.sleep(0.05)
        log = (self.folder / "log").read_text(errors="replace")[-3000:]
        raise AssertionError(f"{self.name} did not come to that. It sees {json.dumps(seen, indent=1)[:3000]}\n{log}")

    def other(self, seen: dict[str, Any], name: str) -> dict[str, Any]:
        """What is seen of the node with this name."""
        return next((one for one in seen["nodes"] if one["name"] == name), {"standing": "", "is_reached": False})


@contextlib.asynccontextmanager
async def running(*nodes: Node) -> AsyncIterator[None]:
    """The nodes with their engines, for as long as the block."""
    try:
        await asyncio.gather(*(node.start_engine() for node in nodes), *(node.start() for node in nodes))
        yield
    finally:
        for node in nodes:
            await node.stop()


async def joined(home: Node, guest: Node, *, role: str = "worker", scan: bool = False, address: str = "") -> list[str]:
    """Let the guest join as two people would do it; returns the words that both screens showed.

    `address` is what is typed in place of the home node's own.
    """
    window = (await home.ask("POST", "/window"))["window"]
    code = window["link"] if scan else window["code"]
    await guest.ask(
        "POST", "/join", {"address": address or home.address, "port": (await home.seen())["port"], "code": code}
    )
    shown = await home.until(lambda seen: seen["requests"])
    waits = await guest.until(lambda seen: seen["joining"]["stage"] == "waiting")
    (request,) = shown["requests"]
    assert request["words"] == waits["joining"]["words"]
    await home.ask("POST", f"/requests/{request['session']}/approve", {"role": role})
    await guest.until(lambda seen: seen["joining"]["stage"] == "joined")
    await home.until(lambda seen: home.other(seen, guest.name)["is_reached"])
    await guest.until(lambda seen: guest.other(seen, home.name)["is_reached"])
    return list(request["words"])

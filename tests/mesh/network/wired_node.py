"""A node as it is on the appliance: its engine in a network of its own, and WireGuard wires that lead there."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.mesh.network.conftest import Lan
from tests.mesh.network.node import ROOT
from tests.mesh.network.real_node import RealNode, descendants
from tests.mesh.network.splitting import Asker, asked, living

APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "apart")


class WiredNode(RealNode):
    """See above; what makes wires is started for each connection, as systemd does it."""

    def __init__(self, *given: Any, makes_wires: bool = True, **named: Any) -> None:
        super().__init__(*given, **named)
        self._makes_wires = makes_wires
        self._maker: asyncio.subprocess.Process | None = None

    async def start_engine(self) -> None:
        self.engine = await self._started(
            *(*APART, sys.executable, "-m", "services.run_engine", "--config", str(self.folder / "hearth.toml"))
        )

    async def start(self) -> None:
        if self._makes_wires:
            socket = self.folder / "run/wire.sock"
            self._maker = await self._started(
                *(
                    "systemd-socket-activate",
                    "--accept",
                    "--inetd",
                    f"--listen={socket}",
                    f"--setenv=PYTHONPATH={ROOT}",
                ),
                *(sys.executable, "-m", "services.run_wire"),
            )
            while not socket.is_socket():
                await asyncio.sleep(0.02)
        await super().start()

    async def stop(self) -> None:
        """End its processes, and with them every wire."""
        await super().stop()
        if self._maker is not None:
            self._maker.terminate()
            await self._maker.wait()

    async def makers(self, program: str) -> list[int]:
        """The processes of this program that make a wire here now."""
        assert self._maker is not None
        return await asyncio.to_thread(descendants, {self._maker.pid}, program)

    async def wires(self) -> list[str]:
        """The network cards in the engine's network, but for the loopback."""
        assert self.engine is not None
        seen = await asyncio.create_subprocess_exec(
            *("nsenter", f"--net=/proc/{self.engine.pid}/ns/net", "ip", "-brief", "link"),
            stdout=asyncio.subprocess.PIPE,
        )
        names = [line.split()[0] for line in (await seen.communicate())[0].decode().splitlines()]
        return [name for name in names if name != "lo"]


@asynccontextmanager
async def wired_in_two(
    lan: Lan, folder: Path, large: Path, *, guest_makes_wires: bool = True
) -> AsyncIterator[tuple[WiredNode, WiredNode, Asker]]:
    """Two nodes of one mesh; the large model lies on the first, who asks."""
    assert shutil.which("wireguard-go"), "the kernel of a test host may have no WireGuard"
    home = WiredNode(folder / "alpha", "alpha", large=large, **living(lan, "alpha"))
    guest = WiredNode(folder / "beta", "beta", makes_wires=guest_makes_wires, **living(lan, "beta"))
    async with asked(home, guest, large) as asker:
        yield home, guest, asker

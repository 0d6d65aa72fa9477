"""A node of the mesh with the product's own engine daemon, whose memory for models is as small as the test says."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from assistant.generation.models import digest_of
from firmware.probe import probe
from image.build import engine
from tests import gguf
from tests.mesh.network.node import Node

ROOM_BYTES = 630_000_000
"""The model that comes with the product fits, and the larger one does not."""
PATIENCE_SECONDS = 300.0


def large_model(folder: Path) -> Path:
    """The real model in a larger form, under its digest, as the owner's models are kept."""
    made = folder / "large.gguf"
    program = engine.folder() / "llama-quantize"
    subprocess.run(
        ["nice", "-n", "19", program, "--allow-requantize", gguf.real_model(), made, "Q8_0", "2"],
        check=True,
        capture_output=True,
    )
    return made.rename(folder / f"{digest_of(made)}.gguf")


class RealNode(Node):
    """See above; `large` is the larger model, which lies on this node where it is given."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        large: Path | None = None,
        room_bytes: int = ROOM_BYTES,
        least_tokens_per_second: float = 0.01,
        **given: Any,
    ) -> None:
        super().__init__(folder, name, **given)
        (folder / "device/hardware.json").write_text(probe(Path("/")).to_json())
        (folder / "models/chat.gguf").unlink()
        (folder / "models/chat.gguf").symlink_to(gguf.real_model())
        with (folder / "hearth.toml").open("a") as config:
            config.write(f"split_least_tokens_per_second = {float(least_tokens_per_second)}\n")
            config.write(f"[engine]\nmemory_bytes = {room_bytes}\nquiet_seconds = 100000.0\n")
        text = (folder / "hearth.toml").read_text()
        (folder / "hearth.toml").write_text(text.replace("[places]\n", f'[places]\nengine = "{engine.folder()}"\n'))
        if large is not None:
            (folder / "models" / large.name).symlink_to(large)

    async def start_engine(self) -> None:
        self.engine = await self._started(
            *(sys.executable, "-m", "services.run_engine", "--config", str(self.folder / "hearth.toml"))
        )

    async def until(self, holds: Any, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """As for every node; a real engine beside other work may take far longer."""
        return await super().until(holds, seconds)

    async def processes(self, program: str) -> list[int]:
        """The numbers of the processes of this program that this node started, or that those started."""
        roots = {process.pid for process in (self.daemon, self.engine) if process is not None}
        return await asyncio.to_thread(descendants, roots, program)


def descendants(roots: set[int], program: str) -> list[int]:
    """Processes below `roots` whose program has this name."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            parents[int(entry.name)] = int(words[1])
            names[int(entry.name)] = Path(command[0].decode(errors="replace")).name
    found = []
    for number, name in names.items():
        above = number
        while above not in roots and above in parents:
            above = parents[above]
        if above in roots and name == program:
            found.append(number)
    return found

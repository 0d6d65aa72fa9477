"""The engine's supervisor starts a dead or hung server again, and leaves none behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.engine.client import EngineState
from assistant.engine.command import EngineOptions, command
from assistant.engine.errors import EngineBrokenError
from assistant.engine.process import EngineProcess


class Sleeper(EngineProcess):
    """Supervises `sleep` instead of a server, in a hurry; it tells its process id through a file."""

    poll_seconds = 0.01
    first_pause_seconds = 0.01
    check_seconds = 0.02
    stop_seconds = 1.0


class Server:
    """A server that is as well as the test says."""

    def __init__(self, folder: Path) -> None:
        self.state: EngineState = "ready"
        self.ready = asyncio.Event()
        self.pid_file = folder / "pid"
        self.process = Sleeper(
            command=["/bin/sh", "-c", f"echo $$ > {self.pid_file}; exec sleep 60"],
            socket=folder / "e.sock",
            state=self.say,
        )

    async def say(self) -> EngineState:
        return self.state if self.pid_file.exists() and self.pid_file.read_text() else "starting"

    async def became_ready(self) -> int:
        await self.ready.wait()
        self.ready.clear()
        return int(self.pid_file.read_text())

    @contextlib.asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.process.run(self.ready.set))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.timeout(20)
async def test_a_killed_server_is_started_again(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async with server.supervised():
        os.kill(await server.became_ready(), signal.SIGKILL)
        await server.became_ready()

    assert server.process.starts == 2


@pytest.mark.timeout(20)
async def test_a_server_that_stops_answering_is_replaced(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async with server.supervised():
        await server.became_ready()
        server.state = "down"
        while server.process.starts < 2:
            await asyncio.sleep(0.01)
        server.state = "ready"
        await server.became_ready()


@pytest.mark.timeout(20)
async def test_no_server_outlives_its_supervisor(tmp_path: Path) -> None:
    server = Server(tmp_path)

    async with server.supervised():
        pid = await server.became_ready()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.timeout(20)
async def test_a_server_that_never_serves_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    server = Server(tmp_path)
    broken = Sleeper(command=["/bin/false"], socket=tmp_path / "e.sock", state=server.say)

    with pytest.raises(EngineBrokenError, match="never served"):
        await broken.run(server.ready.set)


def test_every_slot_gets_its_whole_context() -> None:
    options = EngineOptions(
        program=Path("/e/llama-server"),
        model=Path("/m/chat.gguf"),
        socket=Path("/run/e.sock"),
        key_file=Path("/run/key"),
        threads=3,
        batch_threads=4,
        context_tokens=4096,
        slots=2,
        prompt_cache_mib=64,
    )

    line = command(options)

    assert line[line.index("--ctx-size") + 1] == "8192"
    assert line[line.index("--host") + 1].endswith(".sock")

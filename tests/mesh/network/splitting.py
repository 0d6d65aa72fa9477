"""Two real nodes of one mesh, of which the first has a model that neither can hold, and somebody who asks for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from assistant.engine.errors import EngineUnavailableError
from assistant.engine.mesh import Place, Work
from assistant.engine.pieces import Piece, Stopped
from firmware.probe import probe
from firmware.profile import profile
from image.build import engine
from tests.mesh.network.asking import Assistant
from tests.mesh.network.conftest import Lan
from tests.mesh.network.fake_engine import KEY
from tests.mesh.network.node import joined, running
from tests.mesh.network.real_node import RealNode

PROMPT = "The capital of France is"
OPTIONS = {"temperature": 0, "cache_prompt": False}


class Asker(Assistant):
    """Asks for a model by the digest of its file, as hearth-assistant does."""

    def __init__(self, node: RealNode, digest: str) -> None:
        super().__init__(node)
        self._digest = digest
        self.tokens_per_second = 0.0
        """Of the last whole answer."""

    async def placed(self) -> Place:
        """Where it runs, once the mesh has an opinion."""
        work = Work(digest=self._digest, prompt_tokens=6, output_tokens=16)
        for _ in range(600):
            place = await self.mesh.placed(work)
            if place.lease or place.refusal:
                return place
            await asyncio.sleep(0.1)
        raise AssertionError("the mesh says nothing")

    async def prepared(self) -> Place:
        """A place where the model is in memory; nodes that a fault has just left may need another moment."""
        for _ in range(120):
            place = await self.placed()
            if place.lease:
                try:
                    await self.mesh.prepared(place)
                except EngineUnavailableError:
                    pass
                else:
                    return place
            await asyncio.sleep(0.5)
        raise AssertionError(place)

    async def said(self, place: Place, tokens: int = 24, into: list[str] | None = None) -> str:
        """The answer; `into` holds its words as they come."""
        words = [] if into is None else into
        async with aclosing(self.mesh.completion(place).extend(PROMPT, {**OPTIONS, "n_predict": tokens})) as pieces:
            async for piece in pieces:
                if isinstance(piece, Piece):
                    words.append(piece.text)
                elif isinstance(piece, Stopped) and piece.seconds:
                    self.tokens_per_second = piece.tokens / piece.seconds
        return "".join(words)


@asynccontextmanager
async def split_in_two(
    lan: Lan, folder: Path, large: Path, *, guest_program: Sequence[str] = (), **given: int
) -> AsyncIterator[tuple[RealNode, RealNode, Asker]]:
    """Two nodes of one mesh; the large model lies on the first, who asks."""
    home, guest = (
        RealNode(folder / name, name, large=model, program=program, **living(lan, name), **given)
        for name, model, program in (("alpha", large, ()), ("beta", None, guest_program))
    )
    async with asked(home, guest, large) as asker:
        yield home, guest, asker


def living(lan: Lan, name: str) -> dict[str, Any]:
    """Where the node of this name is."""
    return {"enter": lan.enter[name], "address": lan.addresses[name], "port": 7377}


@asynccontextmanager
async def asked(home: RealNode, guest: RealNode, large: Path) -> AsyncIterator[Asker]:
    """Somebody who asks the first of two nodes for the large model, once both are one mesh."""
    async with running(home, guest):
        await joined(home, guest)
        await home.until(
            lambda seen: all(
                one["report"]["engine"] == "ready" and one["report"]["room_bytes"] for one in seen["nodes"]
            ),
        )
        asker = Asker(home, large.stem)
        try:
            yield asker
        finally:
            await asker.close()


async def alone(model: Path, folder: Path, tokens: int = 24) -> tuple[str, float]:
    """What the model says on one node that holds all of it, and how many tokens a second it writes."""
    socket, key = folder / "one.sock", folder / "key"
    key.write_text(KEY)
    socket.unlink(missing_ok=True)
    threads = str(profile(probe(Path("/"))).threads)  # as many as each node has that computes a part
    program = [str(engine.folder() / "llama-server"), "--model", str(model), "--host", str(socket)]
    options = ["--api-key-file", str(key), "--ctx-size", "2048", "--parallel", "1", "--threads", threads, "--offline"]
    process = await asyncio.create_subprocess_exec(
        *program, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://e", headers=headers, timeout=300) as client:
            body = {"prompt": PROMPT, "n_predict": tokens, **OPTIONS}
            for _ in range(600):
                assert process.returncode is None, "it ended"
                try:
                    answer = await client.post("/completion", json=body)
                except httpx.TransportError:
                    answer = httpx.Response(503)
                if answer.is_success:
                    return str(answer.json()["content"]), float(answer.json()["timings"]["predicted_per_second"])
                await asyncio.sleep(0.2)
        raise AssertionError("it did not load")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

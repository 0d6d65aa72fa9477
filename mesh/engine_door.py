"""Owns speaking to this node's own engine for others: only four of its doors, and never without saying how it is."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx

from mesh.ledger import Speed, measured
from mesh.report import EngineState, ModelOffer

log = logging.getLogger(__name__)

STREAMS: Final = {"completion": "/completion", "chat": "/v1/chat/completions"}
"""What others may ask for that comes in pieces, by the name it has between nodes."""
PLAIN: Final = {"apply-template": "/apply-template", "tokenize": "/tokenize"}
WELL_SECONDS: Final = 0.25
"""While an engine reads a long prompt in silence, the other node is told this often that it is well."""
HEALTH_SECONDS: Final = 0.6
EXTRA_WAITING: Final = 32
"""Requests of others that may wait here beside those that run."""
PROBE_TEXT: Final = "The house has a garden, a kitchen and a cellar. " * 12
PROBE_TOKENS: Final = 12


class EngineDoor:
    """The engine behind its Unix socket, as far as other nodes may use it."""

    def __init__(self, *, socket: Path, key: str, slots: int, offers: Callable[[], tuple[ModelOffer, ...]]) -> None:
        self.slots = slots
        self.served: Counter[str] = Counter()
        """Requests under way for each other node."""
        self._offers = offers
        self._speeds: dict[str, Speed] = {}
        self._http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(socket), limits=httpx.Limits(max_connections=256)),
            base_url="http://engine",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(30.0, connect=2.0),
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    @property
    def running_for_others(self) -> int:
        """Requests under way for other nodes."""
        return self.served.total()

    @property
    def is_full(self) -> bool:
        """Whether others have as much running here as may be."""
        return self.running_for_others >= self.slots + EXTRA_WAITING

    def models(self) -> tuple[ModelOffer, ...]:
        """The models here, with the speeds that were measured."""
        found = []
        for offer in self._offers():
            speed = self._speeds.get(offer.digest, Speed())
            found.append(replace(offer, prefill_rate=speed.prefill_rate, decode_rate=speed.decode_rate))
        return tuple(found)

    def note(self, digest: str, timings: Mapping[str, Any]) -> None:
        """What llama-server says that a request took."""
        self._speeds[digest] = measured(
            self._speeds.get(digest, Speed()),
            read_tokens=int(timings.get("prompt_n") or 0),
            read_seconds=float(timings.get("prompt_ms") or 0) / 1000,
            written_tokens=int(timings.get("predicted_n") or 0),
            written_seconds=float(timings.get("predicted_ms") or 0) / 1000,
        )

    async def state(self) -> EngineState:
        """How the engine is now; one that says nothing is down."""
        try:
            response = await self._http.get("/health", timeout=HEALTH_SECONDS)
        except httpx.HTTPError:
            return "down"
        return "ready" if response.is_success else "starting"

    async def measure(self) -> bool:
        """Let the loaded model read and write a little, and note how fast it was; False where that failed."""
        loaded = [offer for offer in self._offers() if offer.is_loaded]
        body = {"prompt": PROBE_TEXT, "n_predict": PROBE_TOKENS, "cache_prompt": False, "temperature": 0}
        try:
            response = await self._http.post("/completion", content=json.dumps(body), timeout=120.0)
            timings = response.raise_for_status().json().get("timings") or {}
        except (httpx.HTTPError, ValueError):
            return False
        for offer in loaded:
            self.note(offer.digest, timings)
        return True

    async def proven(self) -> bool:
        """Whether one token really comes: the same way that a request takes."""
        body = {"prompt": "Hello", "n_predict": 1, "cache_prompt": False}
        try:
            response = await self._http.post("/completion", content=json.dumps(body), timeout=5.0)
        except httpx.HTTPError:
            return False
        return response.is_success

    async def plain(self, name: str, body: bytes) -> tuple[int, bytes]:
        """Status and answer of a question that is answered at once; 503 where the engine does not answer."""
        try:
            response = await self._http.post(PLAIN[name], content=body, timeout=10.0)
        except httpx.HTTPError:
            return 503, b"{}"
        return response.status_code, response.content

    async def stream(self, name: str, body: bytes, member: str) -> AsyncGenerator[bytes, None]:
        """The engine's lines, with `: well` in every silence in which it says that it is well.

        A refusal comes as a line `refused: {"status", "body"}`. Where the engine dies or hangs, the lines just end.
        """
        self.served[member] += 1
        try:
            async with aclosing(self._lines(name, body)) as lines:
                async for line in lines:
                    yield line
        finally:
            self.served[member] -= 1
            self.served += Counter()  # keeps only nodes with something under way

    async def _lines(self, name: str, body: bytes) -> AsyncGenerator[bytes, None]:
        yield b": begun\n\n"
        engine = self._engine_lines(name, body)
        try:
            while True:
                coming = asyncio.ensure_future(anext(engine, None))
                try:
                    while not (await asyncio.wait({coming}, timeout=WELL_SECONDS))[0]:
                        if await self.state() == "ready":
                            yield b": well\n\n"
                finally:
                    if not coming.done():
                        coming.cancel()
                        await asyncio.wait({coming})
                line = coming.result()
                if line is None:
                    return
                yield line
        finally:
            await engine.aclose()

    async def _engine_lines(self, name: str, body: bytes) -> AsyncGenerator[bytes, None]:
        timeout = httpx.Timeout(None, connect=2.0, pool=5.0)
        try:
            async with self._http.stream("POST", STREAMS[name], content=body, timeout=timeout) as response:
                if not response.is_success:
                    answer = (await response.aread()).decode("utf-8", "replace")
                    yield b"refused: " + json.dumps({"status": response.status_code, "body": answer}).encode() + b"\n\n"
                    return
                async for line in response.aiter_lines():
                    if line:
                        self._note_end(line)
                        yield line.encode() + b"\n\n"
        except httpx.HTTPError:
            log.warning("The engine broke off while it worked for another node")

    def _note_end(self, line: str) -> None:
        """The last line of an answer says how fast it was."""
        if '"timings"' not in line or not line.startswith("data: {"):
            return
        timings = json.loads(line.removeprefix("data: ")).get("timings") or {}
        for offer in self._offers():
            if offer.is_loaded:
                self.note(offer.digest, timings)

"""Owns speaking to this node's own engine for others: only four of its doors, and never without saying how it is."""

import asyncio
import contextlib
import json
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from firmware.sockets import Limits, UnixTransport
from mesh.errors import EngineGoneError
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
PROVE_SECONDS: Final = 5.0
SLOW_FACTOR: Final = 20.0
"""A model that is slow by itself gets the time of so many of its words for one."""
TURNS: Final = 10
"""Requests whose time tells of the next one's."""
_PATIENT: Final[Limits] = {"connect": 2.0, "pool": 5.0, "write": None, "read": None}
_SOCKET: Final = b"socket: "
PROBE_TEXT: Final = "The house has a garden, a kitchen and a cellar. "
SHORT_PROBE: Final = (1, 6)
LONG_PROBE: Final = (12, 12)
"""How often the text is read, and how many tokens are written."""
QUICK_SECONDS: Final = 2.0
"""A PC that takes longer for the short probe is spared the long one: nothing else is answered meanwhile."""


class Engines(Protocol):
    """This node's engines, as the daemon's entry point introduces them."""

    def offers(self) -> tuple[ModelOffer, ...]:
        """The models here, those in memory marked."""
        ...

    async def state(self) -> EngineState:
        """How they are; never raises, and says `down` of what says nothing."""
        ...

    def file(self, digest: str) -> Path | None:
        """The file of a model that is here."""
        ...

    def held(self, digest: str, *, is_use: bool = True) -> AbstractAsyncContextManager[Path]:
        """The socket of a server with this model, kept in memory as long as the block lasts.

        What is no use neither loads a model nor keeps it in memory afterwards.

        Raises EngineGoneError.
        """
        ...


class EngineDoor:
    """This node's engines, as far as other nodes may use them."""

    def __init__(self, engines: Engines, *, key: str, slots: int) -> None:
        self.slots = slots
        self.served: Counter[str] = Counter()
        """Requests under way for each other node."""
        self._engines = engines
        self._headers = [
            (b"Host", b"engine"),
            (b"Authorization", f"Bearer {key}".encode()),
            (b"Content-Type", b"application/json"),
        ]
        self._speeds: dict[str, Speed] = {}
        self._stuck: set[str] = set()
        self._turns: deque[float] = deque(maxlen=TURNS)
        self._ways: dict[Path, UnixTransport] = {}
        self._clients: dict[Path, httpx.AsyncClient] = {}

    async def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients.values():
            await client.aclose()

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
        for offer in self._engines.offers():
            speed = self._speeds.get(offer.digest, Speed())
            is_stuck = offer.is_loaded and offer.digest in self._stuck
            found.append(
                replace(offer, prefill_rate=speed.prefill_rate, decode_rate=speed.decode_rate, is_stuck=is_stuck)
            )
        return tuple(found)

    @property
    def turn_seconds(self) -> float:
        """How long the engine has worked on one request of late; 0 where none came yet."""
        return sum(self._turns) / len(self._turns) if self._turns else 0.0

    def note(self, digest: str, timings: Mapping[str, Any]) -> None:
        """What llama-server says that a request took, without what it waited."""
        seconds = (float(timings.get("prompt_ms") or 0) + float(timings.get("predicted_ms") or 0)) / 1000
        if seconds > 0:
            self._stuck.discard(digest)
            self._turns.append(seconds)
        self._learn(digest, timings)

    def _learn(self, digest: str, timings: Mapping[str, Any]) -> None:
        self._speeds[digest] = measured(
            self._speeds.get(digest, Speed()),
            read_tokens=int(timings.get("prompt_n") or 0),
            read_seconds=float(timings.get("prompt_ms") or 0) / 1000,
            written_tokens=int(timings.get("predicted_n") or 0),
            written_seconds=float(timings.get("predicted_ms") or 0) / 1000,
        )

    def file(self, digest: str) -> Path | None:
        """The file of a model that is here, for another node to copy."""
        return self._engines.file(digest)

    async def state(self) -> EngineState:
        """How the engines are now."""
        return await self._engines.state()

    async def measure(self, digest: str) -> None:
        """Let a model read and write a little, and note how fast it was."""
        with contextlib.suppress(httpx.HTTPError, ValueError, EngineGoneError):
            async with self._engines.held(digest) as socket:
                timings = await self._probed(socket, *SHORT_PROBE)
                taken_ms = float(timings.get("prompt_ms") or 0) + float(timings.get("predicted_ms") or 0)
                if taken_ms < QUICK_SECONDS * 1000:
                    timings = await self._probed(socket, *LONG_PROBE)
            self._learn(digest, timings)

    async def proven(self, digest: str, *, is_use: bool = True) -> bool:
        """Whether one token really comes: the same way that a request takes. What came of it is told with the model."""
        body = {"prompt": "Hello", "n_predict": 1, "cache_prompt": False}
        is_proven = False
        rate = self._speeds.get(digest, Speed()).decode_rate
        seconds = max(PROVE_SECONDS, SLOW_FACTOR / rate) if rate else PROVE_SECONDS
        try:
            async with asyncio.timeout(seconds), self._engines.held(digest, is_use=is_use) as socket:
                response = await self._http(socket).post("/completion", content=json.dumps(body))
                is_proven = response.is_success
        except EngineGoneError:
            return False  # that says nothing of a server
        except (httpx.HTTPError, TimeoutError):
            log.warning("A model in memory writes no word")
        (self._stuck.discard if is_proven else self._stuck.add)(digest)
        return is_proven

    async def plain(self, digest: str, name: str, body: bytes) -> tuple[int, bytes]:
        """Status and answer of a question that is answered at once; 503 where the engine does not answer."""
        try:
            async with self._engines.held(digest) as socket:
                response = await self._http(socket).post(PLAIN[name], content=body, timeout=10.0)
        except (httpx.HTTPError, EngineGoneError):
            return 503, b"{}"
        return response.status_code, response.content

    async def stream(self, digest: str, name: str, body: bytes, member: str) -> AsyncGenerator[bytes, None]:
        """The engine's lines, with `: well` in every silence in which it says that it is well.

        A refusal comes as a line `refused: {"status", "body"}`. Where the engine dies or hangs, the lines just end.
        """
        self.served[member] += 1
        try:
            yield b": begun\n\n"
            engine = self._engine_lines(digest, name, body)
            async with aclosing(engine), aclosing(self._kept_awake(engine)) as lines:
                async for line in lines:
                    yield line
        finally:
            self.served[member] -= 1
            self.served += Counter()  # keeps only nodes with something under way

    async def _probed(self, socket: Path, times: int, tokens: int) -> Mapping[str, Any]:
        """What llama-server says that a probe took."""
        body = {"prompt": PROBE_TEXT * times, "n_predict": tokens, "cache_prompt": False, "temperature": 0}
        response = await self._http(socket).post("/completion", content=json.dumps(body), timeout=120.0)
        timings: Mapping[str, Any] = response.raise_for_status().json().get("timings") or {}
        return timings

    async def _kept_awake(self, engine: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        socket: Path | None = None
        while True:
            coming = asyncio.ensure_future(anext(engine, None))
            try:
                while not (await asyncio.wait({coming}, timeout=WELL_SECONDS))[0]:
                    if await self._is_well(socket):
                        yield b": well\n\n"
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            line = coming.result()
            if line is None:
                return
            if line.startswith(_SOCKET):
                socket = Path(line.removeprefix(_SOCKET).decode())
            else:
                yield line

    async def _is_well(self, socket: Path | None) -> bool:
        """Whether the server says so; before one is held, whether the engine does."""
        if socket is None:
            return await self._engines.state() != "down"
        try:
            response = await self._http(socket).get("/health", timeout=HEALTH_SECONDS)
        except httpx.HTTPError:
            return False
        return response.is_success

    async def _engine_lines(self, digest: str, name: str, body: bytes) -> AsyncGenerator[bytes, None]:
        try:
            async with self._engines.held(digest) as socket:
                yield _SOCKET + str(socket).encode()
                headers = [*self._headers, (b"Content-Length", b"%d" % len(body))]
                target = STREAMS[name].encode()
                answer = await self._way(socket).exchanged(b"POST", target, headers, body, _PATIENT)
                async with aclosing(answer):
                    if answer.status != httpx.codes.OK:
                        told = {"status": answer.status, "body": (await answer.whole()).decode("utf-8", "replace")}
                        yield b"refused: " + json.dumps(told).encode() + b"\n\n"
                        return
                    rest = b""
                    async for piece in answer:
                        *lines, rest = (rest + piece).split(b"\n")
                        for line in filter(None, lines):
                            self._note_end(digest, line)
                            yield line + b"\n\n"
        except (httpx.HTTPError, EngineGoneError):
            log.warning("The engine broke off while it worked for another node")

    def _way(self, socket: Path) -> UnixTransport:
        if socket not in self._ways:
            self._ways[socket] = UnixTransport(socket)
        return self._ways[socket]

    def _http(self, socket: Path) -> httpx.AsyncClient:
        if socket not in self._clients:
            self._clients[socket] = httpx.AsyncClient(
                transport=self._way(socket),
                base_url="http://engine",
                headers=self._headers,
                timeout=httpx.Timeout(30.0, connect=2.0),
            )
        return self._clients[socket]

    def _note_end(self, digest: str, line: bytes) -> None:
        """The last line of an answer says how fast it was."""
        if b'"timings"' in line and line.startswith(b"data: {"):
            self.note(digest, json.loads(line.removeprefix(b"data: ")).get("timings") or {})

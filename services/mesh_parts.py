"""Introduces this node's engine to models that run over several nodes: what is asked at its desk for them."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from assistant.models.errors import UnfitModelError
from assistant.models.facts import ModelFacts, facts_of
from assistant.models.fit import LEAST_CONTEXT, PROMPT_CACHE_MIB, least_need, need_bytes
from assistant.models.gguf import read_head
from mesh.errors import LendingRefusedError, SplitRefusedError
from mesh.split_plan import SplitModel, SplitPlan

DESK_SECONDS: Final = 60.0
LOAD_SECONDS: Final = 900.0
"""The weights of the others go over the wire."""
LONGEST_LINE: Final = 4096
MOST_DESCRIPTORS: Final = 16
NUMBER_BYTES: Final = 4
"""llama.cpp hands on what a layer computed as 32-bit numbers."""
_AWAY: Final = "The language model's engine of this box does not answer now."


class Spreading:
    """See `mesh.split_session.Spreading`: a server behind the desk, held as long as the connection to it."""

    def __init__(self, doors: Sequence[socket.socket], reader: asyncio.StreamReader) -> None:
        self.doors = doors
        self._reader = reader

    async def ready(self) -> Path:
        """See `Spreading.ready`."""
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                told = json.loads(await self._reader.readline() or b"{}")
        except (OSError, TimeoutError, ValueError) as error:
            raise SplitRefusedError(_AWAY) from error
        if "socket" not in told:
            message = "The model could not be loaded: this box or one of the others broke off."
            raise SplitRefusedError(str(told["message"]) if "need_bytes" in told.get("refused", {}) else message)
        return Path(told["socket"])

    async def ended(self) -> None:
        """See `Spreading.ended`."""
        try:
            await self._reader.read()
        except OSError:
            return


class HouseParts:
    """The desk of this node's engine, and the heads of the files here."""

    def __init__(self, desk: Path, *, file_of: Callable[[str], Path | None], context_tokens: int) -> None:
        """`file_of` finds a model's file by its digest."""
        self._desk = desk
        self._file_of = file_of
        self._context_tokens = context_tokens
        self._facts: dict[tuple[Path, int], ModelFacts | None] = {}

    def split_models(self, digest: str) -> tuple[SplitModel, ...]:
        """See `SplitHouse.split_models`."""
        file = self._file_of(digest)
        facts = self.facts(file) if file else None
        if file is None or facts is None:
            return ()
        longest = min(self._context_tokens, facts.trained_context)
        contexts = {max(LEAST_CONTEXT, longest >> halved) for halved in range(8)}
        return tuple(split_model(file.stem[:12], facts, context) for context in sorted(contexts, reverse=True))

    def need_bytes(self, file: Path) -> int:
        """The memory without which the model of this file cannot be run; 0 where it is none."""
        facts = self.facts(file)
        return least_need(facts) if facts else 0

    def facts(self, file: Path) -> ModelFacts | None:
        """What the head of a file says, read once; None where it is no model."""
        try:
            key = (file, file.stat().st_mtime_ns)
            if key not in self._facts:
                self._facts[key] = facts_of(read_head(file))
        except UnfitModelError:
            self._facts[key] = None
        except OSError:
            return None
        return self._facts[key]

    async def network(self) -> int | None:
        """See `House.network`."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            told, descriptors = await asyncio.to_thread(_handed, connection, self._desk, {"network": True})
        for one in descriptors[1:]:
            os.close(one)
        return descriptors[0] if descriptors and told.get("network") else None

    @asynccontextmanager
    async def spread(self, digest: str, plan: SplitPlan, wired: Sequence[str]) -> AsyncIterator[Spreading]:
        """See `House.spread`."""
        file, model = self._file_of(digest), self.split_models(digest)
        if file is None or not model:
            raise SplitRefusedError("The model's file is not here any more.")
        asked = {
            "spread": file.name,
            "layers": [share.layers for share in plan.shares],
            "wired": list(wired),
            "context_tokens": plan.context_tokens,
            "need_bytes": plan.here_need_bytes,
        }
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            doors = await asyncio.to_thread(_doors, connection, self._desk, asked)
            try:
                reader, writer = await asyncio.open_unix_connection(sock=connection)
                try:
                    yield Spreading(doors, reader)
                finally:
                    writer.close()
            finally:
                for door in doors:
                    door.close()

    @asynccontextmanager
    async def lent(self, memory_bytes: int) -> AsyncIterator[None]:
        """Keep that much memory free for another node's work; raises LendingRefusedError."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._desk)
        except OSError as error:
            raise LendingRefusedError("has no engine running now") from error
        try:
            writer.write(json.dumps({"lend": memory_bytes}).encode() + b"\n")
            try:
                async with asyncio.timeout(DESK_SECONDS):
                    told = json.loads(await reader.readline() or b"{}")
            except (OSError, TimeoutError, ValueError) as error:
                raise LendingRefusedError("has no engine running now") from error
            if "socket" not in told:
                raise LendingRefusedError("has not enough memory free now")
            yield
        finally:
            writer.close()


def split_model(name: str, facts: ModelFacts, context_tokens: int) -> SplitModel:
    """What of a model matters where it is split, for conversations of this length, one at a time."""
    whole = need_bytes(facts, context_tokens=context_tokens, slots=1)
    conversation = facts.kv_bytes_per_token * context_tokens
    computing = whole - facts.weight_bytes - conversation - PROMPT_CACHE_MIB * 2**20
    output = round(facts.vocabulary * facts.width * facts.weight_bytes / max(1, facts.parameters))
    return SplitModel(
        name=name,
        layers=facts.layers + 1,
        weight_bytes=facts.weight_bytes,
        output_bytes=output,
        context_tokens=context_tokens,
        kv_bytes_per_token=facts.kv_bytes_per_token,
        here_bytes=computing + output,
        part_bytes=computing,
        passed_bytes=NUMBER_BYTES * facts.width,
        told_bytes=NUMBER_BYTES * facts.vocabulary,
    )


def _doors(connection: socket.socket, desk: Path, asked: dict[str, Any]) -> list[socket.socket]:
    """Ask the desk; the sockets that come with its first line. Blocking. Raises SplitRefusedError."""
    told, descriptors = _handed(connection, desk, asked)
    doors = [socket.socket(fileno=one) for one in descriptors]
    for door in doors:
        door.setblocking(False)
    if told.get("doors") != len(doors):
        for door in doors:
            door.close()
        raise SplitRefusedError(str(told.get("message", _AWAY)))
    return doors


def _handed(connection: socket.socket, desk: Path, asked: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
    """Ask the desk; its first line, and the descriptors that come with it. Blocking. Raises SplitRefusedError."""
    try:
        connection.settimeout(DESK_SECONDS)
        connection.connect(str(desk))
        connection.sendall(json.dumps(asked).encode() + b"\n")
        line, descriptors, _, _ = socket.recv_fds(connection, LONGEST_LINE, MOST_DESCRIPTORS)
        connection.setblocking(False)
        told: dict[str, Any] = json.loads(line or b"{}")
    except (OSError, ValueError) as error:
        raise SplitRefusedError(_AWAY) from error
    return told, list(descriptors)

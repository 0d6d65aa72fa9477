"""Owns one model that runs over several nodes: its leases, its wires, its server; when one of them ends, all end."""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from mesh import pipe
from mesh.belonging import Belonging
from mesh.errors import NodeUnreachableError, PeerRefusedError, SplitRefusedError
from mesh.links import Links
from mesh.split_plan import Share, SplitPlan

log = logging.getLogger(__name__)

LEND: Final = "/mesh/lend"
LEASE_SECONDS: Final = 60.0
"""The other node may first let requests end that need its memory, and then starts a sandbox."""
SILENCE_SECONDS: Final = 4.0


class Spreading(Protocol):
    """A `llama-server` of this node that computes with others."""

    doors: Sequence[socket.socket]
    """Where it calls them, one listening loopback socket each."""

    async def ready(self) -> Path:
        """Its socket, once the model is loaded; raises SplitRefusedError."""
        ...

    async def ended(self) -> None:
        """Returns when it has ended by itself."""
        ...


class House(Protocol):
    """This node's own engine, as far as split models need it."""

    def spread(self, digest: str, plan: SplitPlan) -> AbstractAsyncContextManager[Spreading]:
        """Start the server for the layers that stay here, for as long as the block; raises SplitRefusedError."""
        ...


class Session:
    """One split model in memory."""

    def __init__(
        self,
        digest: str,
        plan: SplitPlan,
        *,
        belonging: Belonging,
        links: Links,
        house: House,
        is_ours: Callable[[socket.socket, tuple[str, int]], bool],
        on_broken: Callable[[str], None],
    ) -> None:
        """`is_ours` says whether who called at a door is a process of this product.

        `on_broken` is told the reason where it ends before anybody wished so.
        """
        self.digest, self.plan = digest, plan
        self.holders = 0
        self.why = ""
        """Why it is over, as a sentence."""
        self._belonging = belonging
        self._links = links
        self._house = house
        self._is_ours = is_ours
        self._on_broken = on_broken
        self._ready: asyncio.Future[Path] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        self._wires: set[asyncio.Task[None]] = set()
        self._task = asyncio.get_running_loop().create_task(self._live())

    @property
    def is_over(self) -> bool:
        """Whether nothing can be asked any more."""
        return self._over.is_set()

    @property
    def is_loaded(self) -> bool:
        """Whether it answers."""
        return not self.is_over and self._ready.done()

    async def served_at(self) -> Path:
        """Its server's socket, once the model is loaded; raises SplitRefusedError."""
        over = asyncio.ensure_future(self._over.wait())
        either: set[asyncio.Future[Any]] = {self._ready, over}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if self.is_over or not self._ready.done():
            raise SplitRefusedError(self.why)
        return self._ready.result()

    def end(self, why: str, *, is_wished: bool = False) -> None:
        """It is over; the first reason counts."""
        if self.is_over:
            return
        self.why = why
        self._over.set()
        log.info("A model over several boxes ends: %s", why)
        if not is_wished:
            self._on_broken(why)

    async def gone(self) -> None:
        """Wait until every lease, wire and process of it is let go."""
        await asyncio.wait({self._task})

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_callback(self._cut_wires)
                tokens = [await stack.enter_async_context(self._borrowed(share)) for share in self.plan.shares]
                server = await stack.enter_async_context(self._house.spread(self.digest, self.plan))
                for share, token, door in zip(self.plan.shares, tokens, server.doors, strict=True):
                    called = partial(self._called, share, token, door)
                    listening = await asyncio.start_server(called, sock=door, limit=pipe.PIECE_BYTES)
                    stack.callback(listening.close)
                serving = asyncio.get_running_loop().create_task(self._serving(server))
                stack.push_async_callback(_cancelled, serving)
                await self._over.wait()
        except (SplitRefusedError, NodeUnreachableError, PeerRefusedError) as error:
            self.end(str(error))
        finally:
            self.end("This box stopped it.", is_wished=True)

    async def _serving(self, server: Spreading) -> None:
        try:
            self._ready.set_result(await server.ready())
            log.info("A model runs over %s", self.plan.names)
            await server.ended()
        except SplitRefusedError as error:
            self.end(str(error))
        else:
            self.end("The model's process ended: one of the boxes that computed it has gone.")

    @contextlib.asynccontextmanager
    async def _borrowed(self, share: Share) -> AsyncIterator[str]:
        """A lease on another node for as long as the block; yields its token. Raises SplitRefusedError."""
        body = json.dumps({"memory_bytes": share.need_bytes}).encode()
        async with self._links.stream(share.node_id, LEND, body) as response:
            lines = response.aiter_lines()
            told = await self._first(share, lines) if response.is_success else {"refused": "lends no memory"}
            if "token" not in told:
                raise SplitRefusedError(f"“{share.name}” {told.get('refused', 'lends no memory')}.")
            hearing = asyncio.get_running_loop().create_task(self._heard(share, lines))
            try:
                yield str(told["token"])
            finally:
                await _cancelled(hearing)

    async def _first(self, share: Share, lines: AsyncIterator[str]) -> dict[str, object]:
        try:
            async with asyncio.timeout(LEASE_SECONDS):
                told: dict[str, object] = json.loads(await anext(lines, "{}"))
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise SplitRefusedError(f"“{share.name}” did not answer.") from error
        return told

    async def _heard(self, share: Share, lines: AsyncIterator[str]) -> None:
        """End all as soon as the other node says that its part has ended, or says nothing for too long."""
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    line = await anext(lines, None)
                if line is None or line.startswith("{"):
                    break
        except (httpx.HTTPError, TimeoutError):
            pass
        self.end(f"“{share.name}”, which computed a part of the model, has gone.")

    async def _called(
        self,
        share: Share,
        token: str,
        door: socket.socket,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Our llama-server calls one of the others."""
        wire = asyncio.ensure_future(self._carry(share, token, door, (reader, writer)))
        self._wires.add(wire)
        try:
            await asyncio.wait({wire})
        finally:
            self._wires.discard(wire)
            writer.close()

    async def _carry(self, share: Share, token: str, door: socket.socket, ours: pipe.Wire) -> None:
        if not self._is_ours(door, ours[1].get_extra_info("peername")):
            log.warning("Somebody else on this PC called at a door of ours and was sent away")
            return
        try:
            link = self._links.links.get(share.node_id)
            if link is None or link.place is None:
                raise NodeUnreachableError("There is no link to that node.")
            await pipe.carried(ours, await pipe.opened(self._belonging, link.place, share.node_id, token))
        except NodeUnreachableError:
            self.end(f"“{share.name}”, which computes a part of the model, does not answer.")

    async def _cut_wires(self) -> None:
        for wire in list(self._wires):
            await _cancelled(wire)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

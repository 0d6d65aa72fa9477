"""Owns one model that runs over several nodes: its leases, its wires, its server; when one of them ends, all end."""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import httpx

from mesh import pipe
from mesh.belonging import Belonging
from mesh.errors import NodeUnreachableError, PeerRefusedError, SplitRefusedError, WireRefusedError
from mesh.links import Links
from mesh.split_plan import Share, SplitPlan
from mesh.wires import LentWire, Wire, WireOffer, Wires, asking_end

log = logging.getLogger(__name__)

LEND: Final = "/mesh/lend"
LEASE_SECONDS: Final = 120.0
"""The other node may first let requests end that need its memory, and then starts a sandbox and makes a wire."""
SILENCE_SECONDS: Final = 4.0
Link = Literal["", "wireguard", "tls"]


class Spreading(Protocol):
    """A `llama-server` of this node that computes with others."""

    doors: Sequence[socket.socket]
    """Where it calls those that no wire leads to, one listening loopback socket each."""

    async def ready(self) -> Path:
        """Its socket, once the model is loaded; raises SplitRefusedError."""
        ...

    async def ended(self) -> None:
        """Returns when it has ended by itself."""
        ...


class House(Protocol):
    """This node's own engine, as far as split models need it."""

    async def network(self) -> int | None:
        """A descriptor of the network in which the server runs, which the caller closes.

        None where others than the server are in it, so that no wire may lead there.
        """
        ...

    def spread(self, digest: str, plan: SplitPlan, wired: Sequence[str]) -> AbstractAsyncContextManager[Spreading]:
        """Start the server for the layers that stay here, for as long as the block; raises SplitRefusedError.

        `wired` has for each share the address in its network at which a wire reaches it, or nothing for a door.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Borrowed:
    """A lease on another node."""

    share: Share
    token: str
    wired: str
    """Where a wire reaches it; empty where it is reached through a door and the mesh's own port."""


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
        wires: Wires | None,
        is_ours: Callable[[socket.socket, tuple[str, int]], bool],
        on_broken: Callable[[str], None],
    ) -> None:
        """Without `wires` every byte goes through this process. `is_ours` says whether who called at a door is of us.

        `on_broken` is told the reason where it ends before anybody wished so.
        """
        self.digest, self.plan = digest, plan
        self.holders = 0
        self.why = ""
        """Why it is over, as a sentence."""
        self.link: Link = ""
        """How the boxes reach each other, once the leases are there."""
        self._belonging = belonging
        self._links = links
        self._house = house
        self._made_by = wires
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
                network = await self._network()
                if network is not None:
                    stack.callback(os.close, network)
                leases = [
                    await stack.enter_async_context(self._borrowed(share, number, network))
                    for number, share in enumerate(self.plan.shares)
                ]
                wired = [lease.wired for lease in leases]
                self.link = "wireguard" if all(wired) else "tls"
                server = await stack.enter_async_context(self._house.spread(self.digest, self.plan, wired))
                behind_doors = [lease for lease in leases if not lease.wired]
                for lease, door in zip(behind_doors, server.doors, strict=True):
                    called = partial(self._called, lease.share, lease.token, door)
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
            log.info("A model runs over %s, linked by %s", self.plan.names, self.link)
            await server.ended()
        except SplitRefusedError as error:
            self.end(str(error))
        else:
            self.end("The model's process ended: one of the boxes that computed it has gone.")

    async def _network(self) -> int | None:
        return None if self._made_by is None else await self._house.network()

    @contextlib.asynccontextmanager
    async def _borrowed(self, share: Share, number: int, network: int | None) -> AsyncIterator[_Borrowed]:
        """A lease on another node for as long as the block, with its wire. Raises SplitRefusedError."""
        async with AsyncExitStack() as stack:
            wire = await self._own_end(stack, number, network)
            asked: dict[str, object] = {"memory_bytes": share.need_bytes}
            if wire is not None:
                asked["wire"] = WireOffer(key=wire.key, number=number).model_dump()
            body = json.dumps(asked).encode()
            response = await stack.enter_async_context(self._links.stream(share.node_id, LEND, body))
            leaving = asyncio.get_running_loop().create_task(self._left(share))
            stack.push_async_callback(_cancelled, leaving)
            lines = response.aiter_lines()
            told = await self._first(share, lines) if response.is_success else {"refused": "lends no memory"}
            if "token" not in told:
                raise SplitRefusedError(f"“{share.name}” {told.get('refused', 'lends no memory')}.")
            hearing = asyncio.get_running_loop().create_task(self._heard(share, lines))
            stack.push_async_callback(_cancelled, hearing)
            wired = await self._led(share, number, wire, told.get("wire"))
            if wire is not None and wired:
                watching = asyncio.get_running_loop().create_task(self._watched(share, wire))
                stack.push_async_callback(_cancelled, watching)
            yield _Borrowed(share=share, token=str(told["token"]), wired=wired)

    async def _own_end(self, stack: AsyncExitStack, number: int, network: int | None) -> Wire | None:
        """Our end of a wire; None where there can be none."""
        if self._made_by is None or network is None:
            return None
        try:
            return await stack.enter_async_context(self._made_by.opened(network, asking_end(number)))
        except WireRefusedError as error:
            log.warning("There are no WireGuard wires: %s", error)
            return None

    async def _led(self, share: Share, number: int, wire: Wire | None, told: object) -> str:
        """Let our end call the other one; where that serves, or nothing where there is no way through."""
        link = self._links.links.get(share.node_id)
        if wire is None or told is None or link is None or link.place is None:
            return ""
        try:
            lent = LentWire.model_validate(told)
            await wire.lead_to(lent.key, (link.place[0], lent.port))
        except (WireRefusedError, ValueError) as error:
            log.warning("The WireGuard wire to %s does not work: %s", share.name, error)
            return ""
        return f"{asking_end(number).theirs}:{lent.serves_at}"

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

    async def _left(self, share: Share) -> None:
        """A node that belongs no more computes nothing more, whatever it says itself."""
        link = self._links.links.get(share.node_id)
        if link is not None:
            await link.gone.wait()
        self.end(f"“{share.name}”, which computed a part of the model, was removed.")

    async def _watched(self, share: Share, wire: Wire) -> None:
        """The lease may live on where the wire does not: the two take different ways."""
        await wire.broken()
        self.end(f"The WireGuard wire to “{share.name}”, which computed a part of the model, broke.")

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

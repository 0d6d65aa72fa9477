"""Owns the memory that this node lends: one lease at a time, in a sandbox that begins and ends with it."""

import asyncio
import hmac
import json
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from mesh import pipe
from mesh.belonging import Belonging
from mesh.connections import Caller
from mesh.errors import LendingRefusedError, PeerRefusedError, WireRefusedError
from mesh.identity import NodeId
from mesh.wires import LentWire, WireOffer, Wires, lending_end

log = logging.getLogger(__name__)

WELL_SECONDS: Final = 0.5
"""A lease is heard of this often; who hears nothing for long takes it for over."""
LENDING_ROLES: Final = frozenset({"home", "worker"})


class Box(Protocol):
    """A sandbox in which an RPC server runs."""

    ended: asyncio.Event
    """Set when it ended by itself."""
    port: int
    """Of the server, in the sandbox's own network."""

    async def connected(self) -> socket.socket:
        """A fresh connection to the server; raises LendingRefusedError."""
        ...

    async def network(self) -> int:
        """A descriptor of the sandbox's network, which the caller closes; raises LendingRefusedError."""
        ...


class Boxes(Protocol):
    """Makes sandboxes."""

    def opened(self, memory_bytes: int) -> AbstractAsyncContextManager[Box]:
        """A fresh one with that much memory, for as long as the block; raises LendingRefusedError."""
        ...


@dataclass(slots=True, eq=False)
class _Lease:
    member: NodeId
    token: str
    box: Box | None = None


class Lending:
    """What others may compute here."""

    def __init__(
        self, belonging: Belonging, boxes: Boxes, wires: Wires | None, *, is_there: Callable[[NodeId], bool]
    ) -> None:
        """`is_there` says whether another node is heard of: a lease of one that is gone is over.

        Without `wires` a lease is reached through the mesh's own port alone.
        """
        self._belonging = belonging
        self._boxes = boxes
        self._wires = wires
        self._is_there = is_there
        self._lease: _Lease | None = None

    @property
    def lent_to(self) -> str:
        """Who has the lease; empty where nobody has it."""
        return "" if self._lease is None else self._lease.member

    @property
    def is_willing(self) -> bool:
        """Whether a lease could be had now."""
        membership = self._belonging.membership
        return self._lease is None and membership is not None and membership.role in LENDING_ROLES

    async def lease(self, member: NodeId, memory_bytes: int, offer: WireOffer | None) -> AsyncGenerator[bytes, None]:
        """One lease as JSON lines: `{"token", "wire"}` first, `: well` as long as it lasts; closing this ends it.

        `wire` is there where the one offered has another end here now. `{"refused": REASON}` comes where there is no
        lease, `{"ended": true}` where what it stood for has ended.
        """
        if not self.is_willing:
            yield _line({"refused": "lends its memory to another node now" if self._lease else "lends no memory"})
            return
        lease = self._lease = _Lease(member, secrets.token_urlsafe(32))
        log.info("Memory is lent to another node: %.1f GB", memory_bytes / 1e9, extra={"NODE_ID": member})
        try:
            async with self._boxes.opened(memory_bytes) as box, self._wired(box, offer) as wire:
                lease.box = box
                yield _line({"token": lease.token, **({"wire": wire.model_dump()} if wire else {})})
                while self._is_there(member):
                    try:
                        async with asyncio.timeout(WELL_SECONDS):
                            await box.ended.wait()
                    except TimeoutError:
                        yield b": well\n"
                    else:
                        log.warning("What computed for another node has ended by itself")
                        yield _line({"ended": True})
                        return
        except LendingRefusedError as error:
            yield _line({"refused": str(error)})
        finally:
            self._lease = None
            log.info("The lease is over", extra={"NODE_ID": member})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller) -> None:
        """One wire of the lease's holder; whoever is not, or says anything else first, is cut off."""
        try:
            member = self._belonging.admit(caller.certificate)
            async with asyncio.timeout(pipe.OPEN_SECONDS):
                token = (await reader.readline()).rstrip(b"\n")
            box = self._box_of(member, token)
            inside = await asyncio.open_connection(sock=await box.connected(), limit=pipe.PIECE_BYTES)
            writer.write(pipe.OPEN)
            await pipe.carried((reader, writer), inside)
        except (PeerRefusedError, LendingRefusedError, OSError, TimeoutError, ValueError) as error:
            log.warning("A wire was refused: %s", type(error).__name__)
        finally:
            writer.close()

    @asynccontextmanager
    async def _wired(self, box: Box, offer: WireOffer | None) -> AsyncIterator[LentWire | None]:
        """This end of the wire that was offered, for as long as the block; None where there can be none."""
        async with AsyncExitStack() as stack:
            made: LentWire | None = None
            if self._wires is not None and offer is not None:
                network = await box.network()
                try:
                    wire = await stack.enter_async_context(self._wires.opened(network, lending_end(offer.number)))
                    await wire.lead_to(offer.key, None)
                    made = LentWire(key=wire.key, port=wire.port, serves_at=box.port)
                except WireRefusedError as error:
                    log.warning("There is no WireGuard wire to this lease: %s", error)
                finally:
                    os.close(network)
            yield made

    def _box_of(self, member: NodeId, token: bytes) -> Box:
        lease = self._lease
        if (
            lease is None
            or lease.box is None
            or lease.member != member
            or not hmac.compare_digest(token, lease.token.encode())
        ):
            raise LendingRefusedError("There is no such lease.")
        return lease.box


def _line(told: dict[str, object]) -> bytes:
    return json.dumps(told).encode() + b"\n"

"""Teaches uvicorn to say whose certificate a connection brought, and to end a connection when it is told to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mesh.connections import Caller, Connections
from mesh.pipe import PIECE_BYTES
from mesh.tls import WIRE
from services.gathering import GatheringProtocol

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Caller], Awaitable[None]]


def protocol_for(connections: Connections, wires: Serve) -> type[asyncio.Protocol]:
    """An HTTP/1.1 protocol that notes each connection in `connections` and puts its caller into the scope's state.

    A connection that says by ALPN that it is none of HTTP is served by `wires`.
    """

    class PeerProtocol(GatheringProtocol):
        """One connection."""

        caller: Caller

        def connection_made(self, transport: Any) -> None:
            """Note who is there; TLS has proved it by now."""
            tls = transport.get_extra_info("ssl_object")
            address = str((transport.get_extra_info("peername") or ("",))[0]).removeprefix("::ffff:")
            self.caller = connections.opened(tls.getpeercert(binary_form=True), address, transport.abort)
            if tls.selected_alpn_protocol() == WIRE:
                _hand_over(transport, self.caller)
                return
            super().connection_made(transport)
            self.app_state = {**self.app_state, "caller": self.caller}

        def connection_lost(self, exc: Exception | None) -> None:
            """Forget it."""
            connections.closed(self.caller)
            super().connection_lost(exc)

    def _hand_over(transport: Any, caller: Caller) -> None:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await wires(reader, writer, caller)
            finally:
                connections.closed(caller)

        protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=PIECE_BYTES), served)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    return PeerProtocol

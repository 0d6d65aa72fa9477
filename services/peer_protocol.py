"""Teaches uvicorn to say whose certificate a connection brought, and to end a connection when it is told to."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from mesh.connections import Caller, Connections


def protocol_for(connections: Connections) -> type[asyncio.Protocol]:
    """An HTTP/1.1 protocol that notes each connection in `connections` and puts its caller into the scope's state."""

    class PeerProtocol(H11Protocol):
        """One connection."""

        caller: Caller

        def connection_made(self, transport: Any) -> None:
            """Note who is there; TLS has proved it by now."""
            super().connection_made(transport)
            tls = transport.get_extra_info("ssl_object")
            address = str((transport.get_extra_info("peername") or ("",))[0]).removeprefix("::ffff:")
            self.caller = connections.opened(tls.getpeercert(binary_form=True), address, transport.abort)
            self.app_state = {**self.app_state, "caller": self.caller}

        def connection_lost(self, exc: Exception | None) -> None:
            """Forget it."""
            connections.closed(self.caller)
            super().connection_lost(exc)

    return PeerProtocol

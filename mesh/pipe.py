"""Owns bytes that are carried between a loopback connection on one node and one on another, through mutual TLS.

Such a connection says so by ALPN, shows its certificate as every other does, and names its lease in its first line;
from the answer `open` on it is what llama.cpp's RPC says, in both directions.
"""

import asyncio
from typing import Final

from cryptography import x509

from mesh.addresses import Place
from mesh.belonging import Belonging
from mesh.errors import NodeUnreachableError, PeerRefusedError
from mesh.tls import WIRE

OPEN: Final = b"open\n"
OPEN_SECONDS: Final = 10.0
LONGEST_LINE: Final = 200
PIECE_BYTES: Final = 1 << 18
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def opened(belonging: Belonging, place: Place, node_id: str, token: str) -> Wire:
    """A wire to what a lease on another node stands for; raises NodeUnreachableError."""
    try:
        context = belonging.client_context()
        context.set_alpn_protocols([WIRE])
        async with asyncio.timeout(OPEN_SECONDS):
            reader, writer = await asyncio.open_connection(
                *place, ssl=context, server_hostname=node_id, limit=PIECE_BYTES
            )
    except (OSError, TimeoutError, PeerRefusedError) as error:
        raise NodeUnreachableError("The node did not answer.") from error
    try:
        tls = writer.get_extra_info("ssl_object")
        shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
        if tls.selected_alpn_protocol() != WIRE or belonging.is_unwelcome(shown):
            raise NodeUnreachableError("The node does not lend its memory to this one.")
        writer.write(f"{token}\n".encode())
        async with asyncio.timeout(OPEN_SECONDS):
            await writer.drain()
            if await reader.readline() != OPEN:
                raise NodeUnreachableError("The node no longer knows of this lease.")
    except BaseException as error:
        writer.close()
        if isinstance(error, OSError | TimeoutError):
            raise NodeUnreachableError("The node did not answer.") from error
        raise
    return reader, writer


async def carried(one: Wire, other: Wire) -> None:
    """Carry bytes both ways until either side ends; both are closed then."""
    pouring = {
        asyncio.ensure_future(_poured(one[0], other[1])),
        asyncio.ensure_future(_poured(other[0], one[1])),
    }
    try:
        await asyncio.wait(pouring, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in pouring:
            task.cancel()
        await asyncio.gather(*pouring, return_exceptions=True)
        for _, writer in (one, other):
            writer.close()


async def _poured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    except OSError:
        return  # one side is gone; the other is told by the end of its connection

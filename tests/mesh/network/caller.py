"""Calls a node's mesh port as a member or as a stranger would, from the network that it is started in.

`python -m tests.mesh.network.caller ADDRESS FOLDER DEED [TOKEN]`: `FOLDER` holds a member's mesh state, `-` nobody's.
`lend` asks for a lease and prints the first line of the answer; `wire` opens a wire with the token and says nonsense on
it; `http` says the nonsense in a request; `wish` wishes an update as if it were the home node; `abuse` takes a lease,
says the nonsense on a wire with its true token, and leaves. What came back is printed.
"""

import re
import socket
import ssl
import sys
from pathlib import Path

from mesh import tls
from mesh.membership import MembershipStore

TOKEN = re.compile(rb'"token": "([^"]+)"')
NONSENSE = bytes([14]) + (1 << 62).to_bytes(8, "little") + b"\xff" * 64


def context_of(folder: str) -> ssl.SSLContext:
    if folder == "-":
        return tls.unverified_context()
    store = MembershipStore(Path(folder))
    membership = store.load()
    assert membership is not None
    context = tls.member_context(membership.authority, store.chain_file, store.key_file)
    context.check_hostname = False
    return context


def said(address: str, context: ssl.SSLContext, content: bytes, until: bytes = b"") -> bytes:
    """What comes back until the connection ends, or until those bytes came."""
    heard = b""
    with (
        socket.create_connection((address, 7377), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=address) as wire,
    ):
        wire.sendall(content)
        try:
            while piece := wire.recv(4096):
                heard += piece
                if until and until in heard:
                    break
        except OSError:
            heard += b"(cut)"
    return heard


def posted(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def abused(address: str, folder: str) -> bytes:
    """What comes back on the wire of a lease whose own holder says nonsense, after which the holder leaves."""
    context = context_of(folder)
    with (
        socket.create_connection((address, 7377), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=address) as lease,
    ):
        lease.sendall(posted("/mesh/lend", b'{"memory_bytes": 1000000}'))
        heard = b""
        while (token := TOKEN.search(heard)) is None:
            heard += lease.recv(4096)
        wire = context_of(folder)
        wire.set_alpn_protocols([tls.WIRE])
        return b"heard: " + said(address, wire, token[1] + b"\n" + NONSENSE)


def main(address: str, folder: str, deed: str, token: str = "") -> None:
    context = context_of(folder)
    if deed == "lend":
        heard = said(address, context, posted("/mesh/lend", b'{"memory_bytes": 1000000}'), until=b"}")
    elif deed == "abuse":
        heard = abused(address, folder)
    elif deed == "wish":
        wish = b'{"version": "9.9.9", "digest": "%b", "size_bytes": 1000}' % (b"a" * 64)
        heard = said(address, context, posted("/mesh/update", wish))
    elif deed == "http":
        heard = said(address, context, posted("/mesh/lend", NONSENSE))
    else:
        context.set_alpn_protocols([tls.WIRE])
        heard = said(address, context, f"{token}\n".encode() + NONSENSE)
    print(heard.decode("utf-8", "replace"))


if __name__ == "__main__":
    main(*sys.argv[1:])

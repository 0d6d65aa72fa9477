"""`hearth-wire@`: one end of a WireGuard wire, for one lease between two boxes; it goes when its asker leaves.

The wire's UDP port is in the network of this PC, its inside in the one whose descriptor comes with the first line
`{"own", "theirs"}`, its two addresses. `{"key", "port"}` comes back. `{"peer": KEY, "host", "port"}` says who may use
it and where to call; without a host the other end is the one that calls. `{"ready": true}` comes once it answers, and
`{"gone": true}` once nothing has come through for long. `{"refused": REASON}` comes in place of either of the first
two. It is the kernel's WireGuard, or wireguard-go where that is installed.
"""

import contextlib
import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from firmware import tied

SECONDS: Final = 30.0
"""For what its asker says first, and for each of the programs."""
HANDSHAKE_SECONDS: Final = 12.0
"""WireGuard calls anew every five; boxes of one house answer at once, or something is in the way."""
POLL_SECONDS: Final = 0.05
KEEPALIVE_SECONDS: Final = 10
SILENCE_SECONDS: Final = 35.0
"""Both ends keep the other one awake, so that three of its calls have been lost by then."""
LOOK_SECONDS: Final = 5.0
LONGEST_LINE: Final = 1000
_ADDRESS: Final = re.compile(r"10\.72\.\d{1,3}\.[12]")
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


class WireError(Exception):
    """There can be no wire; the text is the reason."""


def main() -> int:
    """Serve the one connection that systemd (or the mesh) gave us as file descriptor 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was made is taken down all the same
    with socket.socket(fileno=os.dup(0)) as asker:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        asker.settimeout(SECONDS)
        line, descriptors, _, _ = socket.recv_fds(asker, LONGEST_LINE, 1)
        try:
            asked = json.loads(line)
            network, own, theirs = descriptors[0], _matched(_ADDRESS, asked["own"]), _matched(_ADDRESS, asked["theirs"])
            with _interface(network, own, theirs) as wire:
                _tell(asker, {"key": wire.key, "port": wire.port})
                asker.settimeout(None)  # the other box makes its end meanwhile; who loses patience leaves
                wire.lead_to(_heard(asker))
                _tell(asker, {"ready": True})
                _stay(asker, wire)
        except (WireError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
            with contextlib.suppress(OSError):
                _tell(asker, {"refused": str(error) if isinstance(error, WireError) else "nobody asked properly"})
            return 1
    return 0


class Interface:
    """A WireGuard interface in another network."""

    def __init__(self, name: str, network: int, theirs: str) -> None:
        """`network` is the descriptor of the network that it was moved into."""
        self._name = name
        self._theirs = theirs
        self._inside = ("nsenter", f"--net=/proc/self/fd/{network}")
        self._network = network
        self.key = ""
        self.port = 0

    def set_up(self, own: str, private: str) -> None:
        """Give it its key and address; raises WireError."""
        self.key = _said("wg", "pubkey", told=private)
        _said("wg", "set", self._name, "private-key", "/dev/stdin", told=private)
        _said("ip", "link", "set", self._name, "netns", f"/proc/self/fd/{self._network}", lent=self._network)
        self._within("ip", "address", "add", f"{own}/32", "dev", self._name)
        self._within("ip", "link", "set", self._name, "up")
        # One that was left behind by a helper that was killed leads nowhere any more.
        self._within("ip", "route", "replace", f"{self._theirs}/32", "dev", self._name)
        # A program in place of the kernel learns by and by that its interface is up.
        deadline = time.monotonic() + SECONDS
        while not (port := int(self._within("wg", "show", self._name, "listen-port"))):
            if time.monotonic() > deadline:
                raise WireError("its port was not opened")
            time.sleep(POLL_SECONDS)
        self.port = port

    def lead_to(self, asked: dict[str, Any]) -> None:
        """Let its peer in, and wait for it where we are the one who calls; raises WireError."""
        peer = _matched(_KEY, asked["peer"])
        words = ["peer", peer, "allowed-ips", f"{self._theirs}/32", "persistent-keepalive", str(KEEPALIVE_SECONDS)]
        if "host" in asked:
            words += ["endpoint", endpoint(asked["host"], int(asked["port"]))]
        self._within("wg", "set", self._name, *words)
        deadline = time.monotonic() + HANDSHAKE_SECONDS
        while "host" in asked and not self._has_answered():
            if time.monotonic() > deadline:
                raise WireError("the other end does not answer")
            time.sleep(POLL_SECONDS)

    def received_bytes(self) -> int:
        """How much has come through from the other end; raises WireError."""
        # A line a peer: its key, received, sent; wg(8).
        return sum(int(line.split()[1]) for line in self._within("wg", "show", self._name, "transfer").splitlines())

    def take_down(self) -> None:
        """Remove it, wherever it is by now."""
        with contextlib.suppress(WireError):
            self._within("ip", "link", "delete", self._name)
            return
        with contextlib.suppress(WireError):
            _said("ip", "link", "delete", self._name)

    def _has_answered(self) -> bool:
        return any(
            line.split()[1] != "0" for line in self._within("wg", "show", self._name, "latest-handshakes").splitlines()
        )

    def _within(self, *command: str) -> str:
        return _said(*self._inside, *command, lent=self._network)


def endpoint(host: str, port: int) -> str:
    """As `wg` writes it; a network card is told by its number, since it has no name inside the other network."""
    address, _, card = host.partition("%")
    if card and not card.isdigit():
        address = f"{address}%{socket.if_nametoindex(card)}"
    elif card:
        address = host
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@contextlib.contextmanager
def _interface(network: int, own: str, theirs: str) -> Iterator[Interface]:
    name = f"hw{secrets.token_hex(5)}"  # fewer than the 16 characters that the kernel takes
    interface = Interface(name, network, theirs)
    with contextlib.ExitStack() as stack:
        try:
            _said("ip", "link", "add", name, "type", "wireguard")
        except WireError:
            if shutil.which("wireguard-go") is None:
                raise WireError("this PC's kernel has no WireGuard") from None
            stack.enter_context(_program(name))
        stack.callback(interface.take_down)
        interface.set_up(own, _said("wg", "genkey"))
        yield interface


@contextlib.contextmanager
def _program(name: str) -> Iterator[None]:
    """WireGuard without the kernel's; its socket is there once it can be spoken to."""
    command = tied.command(signal.SIGTERM, ["wireguard-go", "--foreground", name])
    quiet = {**os.environ, "LOG_LEVEL": "silent"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=quiet) as program:
        try:
            deadline = time.monotonic() + SECONDS
            while not Path(f"/var/run/wireguard/{name}.sock").exists():
                if program.poll() is not None or time.monotonic() > deadline:
                    raise WireError("this PC can have no WireGuard")
                time.sleep(POLL_SECONDS)
            yield
        finally:
            program.terminate()


def _said(*command: str, told: str = "", lent: int | None = None) -> str:
    """What a program says; raises WireError where it fails."""
    try:
        done = subprocess.run(
            command,
            input=told,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
            pass_fds=() if lent is None else (lent,),
        )
    except (OSError, subprocess.SubprocessError) as error:
        words = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        sys.stderr.write(f"{command[0]} failed: {words}\n")
        raise WireError("this PC could not make its end") from error
    return done.stdout.strip()


def _stay(asker: socket.socket, wire: Interface) -> None:
    """Return once the asker leaves, or once the other end, which had been heard, is silent."""
    heard_bytes, heard_at = wire.received_bytes(), time.monotonic()
    while not select.select([asker], [], [], LOOK_SECONDS)[0]:
        if (now_bytes := wire.received_bytes()) != heard_bytes:
            heard_bytes, heard_at = now_bytes, time.monotonic()
        elif heard_bytes and time.monotonic() - heard_at > SILENCE_SECONDS:
            _tell(asker, {"gone": True})
            return


def _heard(asker: socket.socket) -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
        piece = asker.recv(LONGEST_LINE)
        if not piece:
            sys.exit(0)  # it left
        line += piece
    told: dict[str, Any] = json.loads(line)
    return told


def _tell(asker: socket.socket, told: dict[str, Any]) -> None:
    asker.sendall(json.dumps(told).encode() + b"\n")


def _matched(shape: re.Pattern[str], text: object) -> str:
    if not isinstance(text, str) or not shape.fullmatch(text):
        raise WireError("nobody asked properly")
    return text


if __name__ == "__main__":
    sys.exit(main())

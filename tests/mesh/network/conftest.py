"""A house of the tests' own: network namespaces on one switch, a node in each."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mesh.network.node import ROOT, Node

NODES = ("alpha", "beta", "gamma", "delta")
NewNode = Callable[..., Node]


class Lan:
    """Four network namespaces, each with a cable to one switch."""

    def __init__(self, enter: dict[str, tuple[str, ...]], switch: tuple[str, ...]) -> None:
        self.enter = enter
        self._switch = switch
        self.addresses = {name: f"10.78.0.{number}" for number, name in enumerate(NODES, start=1)}

    def cut(self, name: str) -> None:
        """Pull a node's cable."""
        _run(*self._switch, "ip", "link", "set", f"to-{name}", "down")

    def narrow(self, name: str, rate: str) -> None:
        """Let no more than this, such as `20mbit`, leave a node."""
        shaper = ("tbf", "rate", rate, "burst", "32kb", "latency", "200ms")
        _run(*self.enter[name], "tc", "qdisc", "add", "dev", "cable", "root", *shaper)

    def plug(self, name: str) -> None:
        """Put it back."""
        _run(*self._switch, "ip", "link", "set", f"to-{name}", "up")

    @contextmanager
    def slow(self, name: str, delay_seconds: float, loss: float) -> Iterator[None]:
        """A node's cable is one that carries each frame so late and loses that share of them, one way as the other."""
        enter = self.enter[name]
        pid = enter[1].split("/")[2]
        _run(*self._switch, "ip", "link", "delete", f"to-{name}")
        program = (sys.executable, "-m", "tests.mesh.network.slow_cable", pid, "switch")
        cable = subprocess.Popen(
            [*self._switch, *program, str(delay_seconds), str(loss)], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert cable.stdout is not None
        try:
            assert cable.stdout.readline() == b"ready\n"
            _run(*enter, "ip", "address", "add", f"{self.addresses[name]}/24", "dev", "cable")
            _run(*enter, "ip", "link", "set", "cable", "up")
            yield
        finally:
            cable.kill()
            cable.wait()
            cable.stdout.close()


@pytest.fixture
def lan(root: None) -> Iterator[Lan]:
    with houses() as one:
        yield one


@contextmanager
def houses() -> Iterator[Lan]:
    """The network, for as long as the block."""
    holders = {
        name: subprocess.Popen(["unshare", "--net", "setpriv", "--pdeathsig", "KILL", "sleep", "600"])
        for name in ("switch", *NODES)
    }
    try:
        ours = Path("/proc/self/ns/net").readlink()
        for holder in holders.values():
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == ours:
                assert holder.poll() is None, "a network namespace could not be made"
        enter: dict[str, tuple[str, ...]] = {
            name: ("nsenter", f"--net=/proc/{holder.pid}/ns/net") for name, holder in holders.items()
        }
        switch = enter["switch"]
        _run(*switch, "ip", "link", "add", "switch", "type", "bridge")
        _run(*switch, "ip", "link", "set", "switch", "up")
        for number, name in enumerate(NODES, start=1):
            pid, at = str(holders[name].pid), str(holders["switch"].pid)
            _run("ip", "link", "add", "cable", "netns", pid, "type", "veth", "peer", "name", f"to-{name}", "netns", at)
            _run(*switch, "ip", "link", "set", f"to-{name}", "master", "switch", "up")
            _run(*enter[name], "ip", "address", "add", f"10.78.0.{number}/24", "dev", "cable")
            _run(*enter[name], "ip", "link", "set", "lo", "up")
            _run(*enter[name], "ip", "link", "set", "cable", "up")
        yield Lan(enter, switch)
    finally:
        for holder in holders.values():
            holder.kill()
            holder.wait()


@pytest.fixture
def node(lan: Lan) -> Iterator[NewNode]:
    """Makes a node in the namespace of its name."""
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:

        def made(name: str, **given: object) -> Node:
            return Node(
                Path(folder) / name,
                name,
                enter=lan.enter[name],
                address=lan.addresses[name],
                port=7377,
                **given,  # type: ignore[arg-type]
            )

        yield made


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

"""The library's daemon of a real node opens no door to the network: not Chroma's, not anybody's."""

from pathlib import Path

import pytest

from tests.person import Person
from tests.product import Product

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def test_the_daemon_that_holds_the_library_has_no_socket_of_the_network(product: Product) -> None:
    owner = Person(product.url)
    owner.claim(product.setup_code).raise_for_status()
    # Once a file has its vectors, Chroma is open and works.
    owner.wait_for(owner.upload("key.txt", b"The spare key hangs behind the blue door.").json()["id"], "ready")

    family = descendants(product.process.pid)
    (assistant,) = [pid for pid in family if "services.run_assistant" in words_of(pid)]
    below = [assistant, *descendants(assistant)]

    assert owner.client.get("/api/search", params={"q": "spare key"}).json()["passages"]
    assert {pid: network_sockets(pid) for pid in below if network_sockets(pid)} == {}


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == pid:
            found += [int(folder.name), *descendants(int(folder.name))]
    return found


def network_sockets(pid: int) -> list[str]:
    """The lines of its TCP and UDP sockets, listening or connected; proc_pid_net(5)."""
    try:
        held = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
        tables = [(name, Path(f"/proc/{pid}/net/{name}").read_text()) for name in ("tcp", "tcp6", "udp", "udp6", "raw")]
    except OSError:
        return []
    return [
        f"{name} {line.strip()}"
        for name, table in tables
        for line in table.splitlines()[1:]
        if f"socket:[{line.split()[9]}]" in held
    ]

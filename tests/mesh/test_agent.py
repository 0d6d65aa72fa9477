"""The mesh agent tells who this node is and whom it sees."""

from pathlib import Path

import httpx

from mesh.agent import build_app
from mesh.identity import open_identity
from tests.mesh.conftest import AvahiFactory, announcement, discovering, until

BOX, OTHER = announcement("hearth-aaaa", "a"), announcement("hearth-bbbb", "b")


async def test_the_status_names_this_node_its_problem_and_its_peers(tmp_path: Path, avahi: AvahiFactory) -> None:
    identity = open_identity(tmp_path / "mesh", "device-1")

    async with avahi() as bus, discovering(BOX, bus) as discovery, discovering(OTHER, bus):
        app = build_app(identity=identity, name="hearth-aaaa", discovery=discovery)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mesh") as client:
            before = (await client.get("/status")).json()
            await until(lambda: bool(discovery.peers) and discovery.announced_as is not None)
            after = (await client.get("/status")).json()

    assert before["announced_as"] is None
    assert before["problem"].endswith(".")
    (peer,) = after.pop("peers")
    assert after == {
        "node_id": identity.node_id,
        "name": "hearth-aaaa",
        "fingerprint": identity.fingerprint,
        "announced_as": "hearth-aaaa",
        "problem": None,
    }
    assert (peer["node_id"], peer["name"], peer["port"]) == (OTHER.node_id, "hearth-bbbb", 443)
    assert peer["address"] in {"127.0.0.1", "::1"}

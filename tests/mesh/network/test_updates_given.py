"""What real nodes tell each other of the updates that they keep, and to whom they give their bytes."""

import ssl

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.mesh.kept import keep
from tests.mesh.network.conftest import NewNode
from tests.mesh.network.node import Node, joined, running
from tests.mesh.network.test_versions import NEWER, updated
from tests.updates import keys_in, written

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(120)]


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node]:
    home, guest = (Node(tmp_path_factory.mktemp("n"), name) for name in ("alpha", "beta"))
    for node in (home, guest):
        keys_in(node.folder / "update-keys")
    return home, guest


async def asked_for(asker: Node, giver: str, digest: str, offset: int = 0) -> httpx.Response:
    """What this node's assistant would get of another node's update."""
    other = asker.other(await asker.seen(), giver)
    return await asker.agent.post(f"/nodes/{other['node_id']}/updates/{digest}", json={"offset": offset})


async def test_an_update_is_told_of_and_given_from_any_byte_on_until_it_is_replaced(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    content = written(size_bytes=3 << 20)
    digest = keep(home.folder / "updates", content)
    async with running(home, guest):
        await joined(home, guest)
        seen = await guest.until(lambda seen: guest.other(seen, "alpha")["report"]["update"])
        told = guest.other(seen, "alpha")["report"]["update"]

        assert told == {"version": "0.2.0", "digest": digest, "size_bytes": len(content)}
        assert (await asked_for(guest, "alpha", digest)).content == content
        assert (await asked_for(guest, "alpha", digest, 2 << 20)).content == content[2 << 20 :]
        assert (await asked_for(guest, "alpha", digest, len(content))).content == b""
        assert (await asked_for(guest, "alpha", digest, len(content) + 1)).status_code == 404
        assert (await asked_for(guest, "alpha", "0" * 64)).status_code == 404
        assert (await asked_for(guest, "alpha", "..%2fupdate-keys%2f0.pub")).status_code == 404

        newer = keep(home.folder / "updates", written(version="0.3.0"))
        await guest.until(lambda seen: guest.other(seen, "alpha")["report"]["update"]["digest"] == newer)
        assert (await asked_for(guest, "alpha", digest)).status_code == 404


async def test_what_somebody_else_signed_is_told_to_nobody_and_given_to_nobody(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    digest = keep(home.folder / "updates", written(key=Ed25519PrivateKey.generate()))
    async with running(home, guest):
        await joined(home, guest)

        assert guest.other(await guest.seen(), "alpha")["report"]["update"] is None
        assert (await asked_for(guest, "alpha", digest)).status_code == 404


async def test_a_stranger_gets_no_update_and_a_client_keeps_its_own_to_itself(pair: tuple[Node, Node]) -> None:
    home, guest = pair
    digest = keep(home.folder / "updates", written())
    keep(guest.folder / "updates", (home.folder / "updates" / f"{digest}.update").read_bytes())
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with running(home, guest):
        await joined(home, guest, role="client")
        port = (await home.seen())["port"]
        async with httpx.AsyncClient(verify=context) as stranger:
            answer = await stranger.post(f"https://127.0.0.1:{port}/updates/{digest}", json={"offset": 0})

        assert (answer.status_code, answer.json()) == (403, {"code": "stranger"})
        assert (await asked_for(guest, "alpha", digest)).is_success
        assert (await asked_for(home, "beta", digest)).status_code == 404


async def test_boxes_that_know_nothing_of_updates_are_nodes_like_others(node: NewNode) -> None:
    alpha, beta = node("alpha"), node("beta", program=(NEWER, "older"))
    keys_in(alpha.folder / "update-keys")
    keep(alpha.folder / "updates", written())
    async with running(alpha, beta):
        await joined(alpha, beta)

        assert alpha.other(await alpha.seen(), "beta")["report"]["update"] is None
        await beta.until(lambda seen: beta.other(seen, "alpha")["is_reached"])

        await updated(beta, "tests.mesh.network.skewed", "0")
        await beta.until(lambda seen: (beta.other(seen, "alpha")["report"] or {}).get("update"))

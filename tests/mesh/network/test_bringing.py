"""The home node's owner has a model copied to a worker: it pulls the model itself, and tells how far it is."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from assistant.clock import SystemClock
from assistant.models.bringing import NOBODY_HAS_IT, Bringing
from assistant.models.carrying import Carrier
from assistant.models.downloads import Downloads
from assistant.models.elsewhere import OtherNodes
from assistant.models.fetching import Fetcher
from assistant.models.parts import Parts
from assistant.models.shelf import ModelShelf
from assistant.nodes import Nodes
from assistant.parser.client import ChildTransport
from tests import gguf
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]


def bring_to(node: Node) -> str:
    """Put a model on a node, as its assistant does; its digest."""
    made = gguf.written()
    digest = hashlib.sha256(made).hexdigest()
    (node.folder / "models" / f"{digest}.gguf").write_bytes(made)
    owned = {"name": "tiny", "sha256": digest, "size_bytes": 1, "licence": "apache-2.0", "source": "", "added_at": 0.0}
    (node.folder / "models/models.json").write_text(json.dumps({"chosen": "tiny", "models": [owned]}))
    return digest


@asynccontextmanager
async def assistant_beside(node: Node) -> AsyncIterator[Downloads]:
    """What the assistant of a node runs to fetch models."""
    mesh_socket = node.folder / "run/mesh/mesh.sock"
    nodes, shelf = Nodes(mesh_socket), ModelShelf(node.folder / "models", reserved=(), clock=SystemClock())
    parts = Parts(shelf.incoming)
    downloads = Downloads(
        fetcher=Fetcher(ChildTransport(["false"]), hub="", parts=parts),
        carrier=Carrier(mesh_socket, parts=parts),
        parts=parts,
        shelf=shelf,
    )
    others = OtherNodes(lambda: nodes.ask("GET", "/nodes"), here=tuple)
    bringing = Bringing(nodes, others, downloads, look_seconds=0.1)
    tasks = [asyncio.create_task(downloads.run()), asyncio.create_task(bringing.run())]
    try:
        yield downloads
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await nodes.close()


async def judged(home: Node, digest: str, name: str) -> dict[str, Any]:
    """What the page of the home node shows of another one, as for this model."""
    return home.other(await home.ask("GET", f"/nodes?digest={digest}"), name)


async def wished(home: Node, guest: Node, digest: str) -> str:
    """What the home node says to the wish; nothing where it goes there."""
    node_id = home.other(await home.seen(), guest.name)["node_id"]
    told = await home.ask("POST", f"/members/{node_id}/models", {"digest": digest, "name": "tiny"})
    return str(told["error"]["message"]) if told else ""


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node]:
    home, guest = (Node(tmp_path_factory.mktemp("n"), name) for name in ("alpha", "beta"))
    return home, guest


async def test_a_worker_without_the_model_says_so_and_fetches_it_at_the_owners_wish(
    pair: tuple[Node, Node],
) -> None:
    home, guest = pair
    digest = bring_to(home)
    async with running(home, guest):
        await joined(home, guest)
        before = await judged(home, digest, "beta")
        assert (before["unused_because"], before["lacks_model"]) == ("does not have this model", True)

        assert await wished(home, guest, digest) == ""
        seen = await home.until(lambda seen: home.other(seen, "beta")["report"]["bringing"])
        assert home.other(seen, "beta")["report"]["bringing"][0]["name"] == "tiny"
        async with assistant_beside(guest):
            await home.until(
                lambda seen: digest in [one["digest"] for one in home.other(seen, "beta")["report"]["models"]]
            )

        seen = await home.until(lambda seen: not home.other(seen, "beta")["report"]["bringing"])
        after = await judged(home, digest, "beta")
        assert (after["unused_because"], after["lacks_model"]) == ("", False)
        kept = (guest.folder / "models" / f"{digest}.gguf").read_bytes()
        assert hashlib.sha256(kept).hexdigest() == digest


async def test_only_the_home_nodes_owner_may_wish_and_a_client_is_left_alone(
    pair: tuple[Node, Node],
) -> None:
    home, guest = pair
    digest = bring_to(home)
    async with running(home, guest):
        await joined(home, guest)
        assert "Only the home node of the mesh" in await wished(guest, home, digest)
        own = home.other(await home.seen(), "beta")["node_id"]
        await home.ask("POST", f"/members/{own}", {"role": "client"})
        await guest.until(lambda seen: seen["role"] == "client")
        assert "is a client" in await wished(home, guest, digest)
        assert home.other(await home.seen(), "beta")["report"]["bringing"] == []


async def test_a_model_that_nobody_has_any_more_is_told_and_may_be_wished_again(
    pair: tuple[Node, Node],
) -> None:
    home, guest = pair
    digest = bring_to(home)
    async with running(home, guest), assistant_beside(guest):
        await joined(home, guest)
        missing = "0" * 64
        assert await wished(home, guest, missing) == ""
        await home.until(
            lambda seen: [one["problem"] for one in home.other(seen, "beta")["report"]["bringing"]] == [NOBODY_HAS_IT]
        )
        assert await wished(home, guest, digest) == ""
        await home.until(lambda seen: digest in [one["digest"] for one in home.other(seen, "beta")["report"]["models"]])

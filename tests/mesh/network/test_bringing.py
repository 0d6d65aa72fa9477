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
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(180)]

SIZE_BYTES = 30 << 20


def bring_to(node: Node, padding_bytes: int = 0) -> str:
    """Put a model on a node, as its assistant does; its digest."""
    made = gguf.written() + bytes(padding_bytes)
    digest = hashlib.sha256(made).hexdigest()
    (node.folder / "models" / f"{digest}.gguf").write_bytes(made)
    owned = {"name": "tiny", "sha256": digest, "size_bytes": 1, "licence": "apache-2.0", "source": "", "added_at": 0.0}
    (node.folder / "models/models.json").write_text(json.dumps({"chosen": "tiny", "models": [owned]}))
    return digest


@asynccontextmanager
async def assistant_beside(node: Node, patience: float = 1.0) -> AsyncIterator[Downloads]:
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
    bringing = Bringing(nodes, others, downloads, look_seconds=0.1, patience_seconds=patience)
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


def share(home: Node, seen: dict[str, Any]) -> float:
    """How much has come to the other box of what is brought there."""
    brought = home.other(seen, "beta")["report"]["bringing"]
    return float(brought[0]["share"]) if brought else 0.0


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


async def test_a_box_that_loses_its_power_in_the_middle_of_a_copy_goes_on_with_it_by_itself(
    lan: Lan, node: NewNode
) -> None:
    home, guest = node("alpha"), node("beta")
    digest = bring_to(home, SIZE_BYTES)
    part = guest.folder / f"models/incoming/{digest}.part"
    async with running(home, guest):
        await joined(home, guest)
        lan.narrow("alpha", "60mbit")
        async with assistant_beside(guest):
            assert await wished(home, guest, digest) == ""
            await home.until(lambda seen: share(home, seen) > 0.2)
            for process in (guest.daemon, guest.engine):
                assert process is not None
                process.kill()
                await process.wait()
        has_come, inode = part.stat().st_size, part.stat().st_ino
        assert SIZE_BYTES // 5 < has_come < SIZE_BYTES

        await guest.start_engine()
        await guest.start()
        async with assistant_beside(guest, patience=60.0):
            await home.until(lambda seen: share(home, seen) > 0.3)
            assert (part.stat().st_ino, part.stat().st_size >= has_come) == (inode, True)
            await home.until(
                lambda seen: digest in [one["digest"] for one in home.other(seen, "beta")["report"]["models"]]
            )
        await home.until(lambda seen: not home.other(seen, "beta")["report"]["bringing"])


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

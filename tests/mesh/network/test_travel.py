"""A model is copied from one real node to another: resumed, checked, refused to strangers and to those removed."""

import asyncio
import hashlib
import json
import os
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.models.carrying import Carrier
from assistant.models.elsewhere import Elsewhere, OtherNodes
from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.models.parts import CutError, Fetched, Parts, Stopped
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

SIZE_BYTES = 64 << 20
ROOM = 10**15


class Pair:
    """Two nodes of one mesh; the first has a model that the second has not."""

    def __init__(self, giver: Node, taker: Node, folder: Path) -> None:
        self.giver, self.taker = giver, taker
        self.content = os.urandom(SIZE_BYTES)
        self.digest = hashlib.sha256(self.content).hexdigest()
        self.file = giver.folder / "models" / f"{self.digest}.gguf"
        self.folder = folder
        self.part = folder / f"{self.digest}.part"
        self.heard: list[int] = []

    def bring(self) -> None:
        """Put the model on the first node, as its assistant does."""
        self.file.write_bytes(self.content)
        owned = {"name": "qwen3-4b", "sha256": self.digest, "licence": "apache-2.0"}
        (self.file.parent / "models.json").write_text(json.dumps({"chosen": "", "models": [owned]}))

    async def elsewhere(self) -> Elsewhere:
        """The model as the second node is told of it."""
        others = OtherNodes(self.taker.seen, here=tuple)
        async with asyncio.timeout(120):
            while (found := await others.find("qwen3-4b")) is None:
                await asyncio.sleep(0.1)
        return found

    async def carry(
        self,
        found: Elsewhere,
        *,
        free: int = ROOM,
        meanwhile: Callable[[int], None] = lambda _: None,
        stopped: threading.Event | None = None,
    ) -> Fetched:
        """Copy it; `meanwhile` is called with how much has come."""

        def heard(size_bytes: int) -> None:
            self.heard.append(size_bytes)
            meanwhile(size_bytes)

        parts = Parts(self.folder, lambda _: free)
        carrier = Carrier(self.taker.folder / "run/mesh/mesh.sock", parts=parts)
        is_stopped = (stopped or threading.Event()).is_set
        return await asyncio.to_thread(carrier.carry, found, on_progress=heard, is_stopped=is_stopped)


@pytest.fixture
async def pair(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two nodes on the loopback."""
    giver, taker = (Node(tmp_path_factory.mktemp("n"), name) for name in ("alpha", "beta"))
    made = Pair(giver, taker, tmp_path)
    made.bring()
    async with running(giver, taker):
        await joined(giver, taker)
        yield made


def once(deed: Callable[[], Any], after_bytes: int) -> Callable[[int], None]:
    """Calls `deed` the first time that so much has come."""
    done: list[bool] = []

    def look(size_bytes: int) -> None:
        if size_bytes >= after_bytes and not done:
            done.append(True)
            deed()

    return look


async def test_a_model_is_told_of_by_name_and_comes_whole(pair: Pair) -> None:
    found = await pair.elsewhere()

    fetched = await pair.carry(found)

    assert (found.node_name, found.digest, found.size_bytes) == ("alpha", pair.digest, SIZE_BYTES)
    assert found.licence == "apache-2.0"
    assert fetched.path.read_bytes() == pair.content
    assert pair.heard == sorted(pair.heard)
    assert len(pair.heard) > 10, "its progress is told"


async def test_what_has_come_is_not_sent_again(pair: Pair) -> None:
    found = await pair.elsewhere()
    stop = threading.Event()
    with pytest.raises(Stopped):
        await pair.carry(found, meanwhile=once(stop.set, SIZE_BYTES // 4), stopped=stop)
    kept = pair.part.stat().st_size
    assert SIZE_BYTES // 4 <= kept < SIZE_BYTES
    pair.heard.clear()

    fetched = await pair.carry(found)

    assert pair.heard[0] == kept
    assert fetched.path.read_bytes() == pair.content


async def test_a_link_that_is_cut_in_the_middle_is_gone_on_with_when_it_is_back(
    lan: Lan, node: NewNode, tmp_path: Path
) -> None:
    giver, taker = node("alpha"), node("beta")
    pair = Pair(giver, taker, tmp_path)
    pair.bring()
    async with running(giver, taker):
        await joined(giver, taker)
        found = await pair.elsewhere()

        with pytest.raises(CutError, match="What has come is kept"):
            await pair.carry(found, meanwhile=once(lambda: lan.cut("alpha"), SIZE_BYTES // 4))
        kept = pair.part.stat().st_size
        with pytest.raises(CutError):
            await pair.carry(found)
        lan.plug("alpha")
        await taker.until(lambda seen: taker.other(seen, "alpha")["is_reached"])
        pair.heard.clear()
        fetched = await pair.carry(found)

    assert SIZE_BYTES // 4 <= kept < SIZE_BYTES
    assert pair.heard[0] == kept
    assert fetched.path.read_bytes() == pair.content


async def test_a_node_that_dies_in_the_middle_is_a_cut(pair: Pair) -> None:
    found = await pair.elsewhere()
    daemon = pair.giver.daemon
    assert daemon is not None

    with pytest.raises(CutError):
        await pair.carry(found, meanwhile=once(daemon.kill, SIZE_BYTES // 4))

    assert pair.part.exists()


async def test_a_damaged_byte_is_found_out_and_never_becomes_a_model(pair: Pair) -> None:
    found = await pair.elsewhere()
    with pair.file.open("r+b") as opened:
        opened.seek(SIZE_BYTES // 2)
        opened.write(bytes([pair.content[SIZE_BYTES // 2] ^ 1]))

    with pytest.raises(DownloadFailedError, match="checksum is wrong"):
        await pair.carry(found)

    assert not pair.part.exists()


async def test_room_on_the_disk_is_looked_for_before_a_byte_is_sent(pair: Pair) -> None:
    found = await pair.elsewhere()

    with pytest.raises(NoRoomOnDiskError, match=r"This needs 0\.1 GB"):
        await pair.carry(found, free=1000)

    assert pair.heard == []


async def test_a_disk_that_becomes_full_is_told(pair: Pair) -> None:
    found = await pair.elsewhere()
    pair.part.symlink_to("/dev/full")  # every write to it fails with ENOSPC

    with pytest.raises(NoRoomOnDiskError, match="became full"):
        await pair.carry(found)


async def test_a_node_that_is_removed_gets_nothing_more_not_even_in_the_middle(pair: Pair) -> None:
    found = await pair.elsewhere()

    def revoke() -> None:
        transport = httpx.HTTPTransport(uds=str(pair.giver.folder / "run/mesh/mesh.sock"))
        with httpx.Client(transport=transport, base_url="http://mesh", timeout=30) as owner:
            taker = next(one for one in owner.get("/nodes").json()["nodes"] if not one["is_here"])
            owner.delete(f"/members/{taker['node_id']}").raise_for_status()

    with pytest.raises((CutError, DownloadFailedError)):
        await pair.carry(found, meanwhile=once(revoke, SIZE_BYTES // 8))
    assert pair.part.stat().st_size < SIZE_BYTES
    await pair.taker.until(lambda seen: seen["mesh_id"] is None)
    with pytest.raises(DownloadFailedError):
        await pair.carry(found)


async def test_a_stranger_gets_nothing(pair: Pair) -> None:
    port = (await pair.giver.seen())["port"]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with httpx.AsyncClient(verify=context) as stranger:
        answer = await stranger.post(f"https://127.0.0.1:{port}/models/{pair.digest}", json={"offset": 0})

    assert answer.status_code == 403
    assert answer.json() == {"code": "stranger"}


async def test_a_model_that_was_deleted_meanwhile_is_said_so(pair: Pair) -> None:
    found = await pair.elsewhere()
    pair.file.unlink()

    with pytest.raises(DownloadFailedError, match="does not have this model any more"):
        await pair.carry(found)


@pytest.mark.parametrize("digest", ["../mesh/identity", "..%2f..%2fdevice%2fdevice.json", "0" * 64])
async def test_nothing_but_models_can_be_asked_for(pair: Pair, digest: str) -> None:
    taker = pair.giver.other(await pair.taker.seen(), "alpha")

    answer = await pair.taker.agent.post(f"/nodes/{taker['node_id']}/models/{digest}", json={"offset": 0})

    assert answer.status_code == 404


async def test_a_client_keeps_its_models_to_itself(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    home, guest = (Node(tmp_path_factory.mktemp("n"), name) for name in ("alpha", "beta"))
    pair = Pair(guest, home, tmp_path)
    pair.bring()
    async with running(home, guest):
        await joined(home, guest, role="client")
        other = home.other(await home.seen(), "beta")
        answer = await home.agent.post(f"/nodes/{other['node_id']}/models/{pair.digest}", json={"offset": 0})

        assert await OtherNodes(home.seen, here=tuple).find("qwen3-4b") is None
    assert answer.status_code == 404

"""What somebody in the house's network may try while boxes join: real daemons, and a third party between them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mesh.announcement import SERVICE_TYPE
from tests.mesh.conftest import AvahiFactory
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.middle import PORT
from tests.mesh.network.node import ROOT, Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(90)]


@asynccontextmanager
async def standing_between(lan: Lan, mallory: Node, home: Node, deed: str) -> AsyncIterator[None]:
    """Mallory's box answers at another port as if it were the home node."""
    await mallory.ask("POST", "/window")
    middle = await asyncio.create_subprocess_exec(
        *(*lan.enter[mallory.name], sys.executable, "-m", "tests.mesh.network.middle", deed),
        *(str(mallory.folder / "mesh"), mallory.address, home.address),
        cwd=ROOT,
    )
    try:
        async with asyncio.timeout(20):
            while not await said(lan, mallory.name, f"https://{mallory.address}:{PORT}/ready", {}):
                await asyncio.sleep(0.1)
        yield
    finally:
        middle.kill()
        await middle.wait()


async def said(lan: Lan, name: str, url: str, content: Any) -> str:
    """What somebody in this node's network is answered: the status, and the answer's text."""
    curl = await asyncio.create_subprocess_exec(
        *(*lan.enter[name], "curl", "-sk", "-w", "%{stderr}%{http_code}", "-X", "POST", "-d", json.dumps(content)),
        *("-H", "content-type: application/json", url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    text, status = await curl.communicate()
    return "" if curl.returncode else f"{status.decode()} {text.decode()}"


async def tried(guest: Node, address: str, port: int, code: str) -> dict[str, Any]:
    """The guest tries to join, and fails."""
    await guest.ask("POST", "/join", {"address": address, "port": port, "code": code})
    seen = await guest.until(lambda seen: seen["joining"]["stage"] == "failed")
    joining: dict[str, Any] = seen["joining"]
    return joining


@pytest.mark.parametrize(
    ("deed", "refusal", "guesses"),
    [("pass", "wrong_certificate", 0), ("swap", "wrong_code", 1), ("reflect", "wrong_code", 0)],
)
async def test_who_stands_between_two_boxes_comes_to_nothing_and_the_owner_is_asked_for_nobody(
    node: NewNode, lan: Lan, deed: str, refusal: str, guesses: int
) -> None:
    home, guest, mallory = node("alpha"), node("beta"), node("delta")
    async with running(home, guest, mallory):
        door = (await home.ask("POST", "/window"))["window"]
        async with standing_between(lan, mallory, home, deed):
            joining = await tried(guest, mallory.address, PORT, door["code"])

        assert joining["problem_code"] == refusal
        seen = await home.seen()
        assert seen["requests"] == []
        assert seen["window"]["guesses_left"] == door["guesses_left"] - guesses
        assert (await guest.seen())["mesh_id"] is None
        await joined(home, guest)


async def test_what_was_overheard_from_a_join_opens_nothing_when_it_is_said_again(node: NewNode, lan: Lan) -> None:
    home, guest, mallory = node("alpha"), node("beta"), node("delta")
    async with running(home, guest, mallory):
        door = (await home.ask("POST", "/window"))["window"]
        async with standing_between(lan, mallory, home, "swap"):
            await tried(guest, mallory.address, PORT, door["code"])
        heard = [json.loads(line) for line in (mallory.folder / "mesh/heard").read_text().splitlines()]
        messages = [(path, content) for path, content in heard if path.startswith("/join/")]
        assert [path for path, _ in messages][:2] == ["/join/hello", "/join/round"]
        base = f"https://{home.address}:7377"

        as_it_was = [await said(lan, "delta", base + path, content) for path, content in messages]
        session = json.loads(as_it_was[0].partition(" ")[2])["session"]
        in_a_new_session = [
            await said(lan, "delta", base + path, {**content, "session": session}) for path, content in messages[1:]
        ]
        await home.ask("DELETE", "/window")
        after_it_closed = await said(lan, "delta", base + messages[0][0], messages[0][1])

        assert all(answer.startswith("403") and "out_of_order" in answer for answer in as_it_was[1:])
        assert in_a_new_session[-1].startswith("403")
        assert after_it_closed.startswith("403")
        assert (await home.seen())["requests"] == []


async def test_a_code_is_over_after_five_minutes_and_after_it_was_used(node: NewNode) -> None:
    home, guest, late = node("alpha"), node("beta"), node("gamma")
    async with running(home, guest, late):
        code = (await home.ask("POST", "/window"))["window"]["code"]
        (home.folder / "later").write_text("301")
        assert (await tried(guest, home.address, 7377, code))["problem_code"] == "expired"

        code = (await home.ask("POST", "/window"))["window"]["code"]
        await guest.ask("POST", "/join", {"address": home.address, "port": 7377, "code": code})
        await home.until(lambda seen: seen["requests"])
        assert (await tried(late, home.address, 7377, code))["problem_code"] == "used"


async def test_a_rogue_announcement_leads_nobody_astray(
    lan: Lan, node: NewNode, avahi: AvahiFactory, tmp_path: Path
) -> None:
    """Mallory announces the home node's own id and key at an address of hers, and an id that is nobody's."""
    async with (
        avahi("beta", ("cable",), lan.enter["beta"]) as bus,
        avahi("delta", ("cable",), lan.enter["delta"]) as rogue_bus,
    ):
        home, guest, mallory = node("alpha"), node("beta", bus=bus), node("delta")
        async with running(home, guest, mallory):
            await joined(home, guest)
            me = (await home.agent.get("/status")).json()
            forged = [
                ("alpha", me["node_id"], me["fingerprint"]),
                ("nobody", "a" * 26, me["fingerprint"]),
            ]
            rogues = [
                await asyncio.create_subprocess_exec(
                    *("avahi-publish", "-s", f"rogue-{name}", SERVICE_TYPE, "7377"),
                    *("v=1", f"id={node_id}", f"name={name}", f"fp={fingerprint}"),
                    env={"DBUS_SYSTEM_BUS_ADDRESS": rogue_bus, "PATH": "/usr/bin"},
                    stderr=asyncio.subprocess.DEVNULL,
                )
                for name, node_id, fingerprint in forged
            ]
            try:
                seen = await guest.until(lambda seen: seen["seen"])
                assert [(one["name"], one["address"]) for one in seen["seen"]] == [("alpha", mallory.address)]
                assert guest.other(seen, "alpha")["is_reached"]
                lan.cut("alpha")
                await guest.until(lambda seen: not guest.other(seen, "alpha")["is_reached"])
                await asyncio.sleep(5)
                assert not guest.other(await guest.seen(), "alpha")["is_reached"]

                lan.plug("alpha")
                await guest.until(lambda seen: guest.other(seen, "alpha")["is_reached"])
            finally:
                for rogue in rogues:
                    rogue.kill()
                    await rogue.wait()

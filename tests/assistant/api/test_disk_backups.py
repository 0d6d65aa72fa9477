"""Backups onto disks that are plugged in, and back from them, through the API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.assistant.api.box import Box, put, refusal
from tests.assistant.shelves import at_work, library, settled

PASSPHRASE = "four words about nothing"
TEXT = "The boiler stands in the cellar behind the blue door."


@asynccontextmanager
async def a_box(folder: Path, disk: Path) -> AsyncIterator[Box]:
    """A box with a real library, and this disk in it."""
    shelves = library(folder)
    box = Box(folder, library=shelves, database=shelves._database)
    (folder / "disks").mkdir(exist_ok=True)
    box.disks._roots = [disk.parent]
    work = [asyncio.create_task(one()) for one in (box.disk_desk.run, box.restore_desk.run)]
    async with at_work(shelves):
        yield box
    for task in work:
        task.cancel()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "plugged" / "GRANDMA"
    disk.mkdir(parents=True)
    (disk / "recipes.txt").write_text("Walnut cake.")
    return disk


async def disk_id(caller: httpx.AsyncClient) -> str:
    (one,) = (await caller.get("/api/disks")).json()["disks"]
    return str(one["id"])


async def written(ada: httpx.AsyncClient, disk: str) -> dict[str, Any]:
    begun = await ada.post("/api/disk-backups", json={"passphrase": PASSPHRASE, "disk_id": disk})
    assert begun.status_code == 202, begun.text
    async with asyncio.timeout(30):
        while (told := (await ada.get("/api/disk-backups")).json()["writing"])["is_running"]:
            await asyncio.sleep(0.05)
    return dict(told)


async def test_a_backup_goes_onto_a_disk_and_comes_back_from_it_on_another_box(tmp_path: Path, disk: Path) -> None:
    async with a_box(tmp_path / "old", disk) as old:
        ada = await old.claimed()
        document = await put(ada, TEXT, "boiler.txt", "household")
        await settled(old.library, document)  # type: ignore[arg-type]
        assert (await ada.get("/api/disk-backups")).json() == {"writing": None}

        told = await written(ada, await disk_id(ada))

    (kept,) = disk.glob("*.hearthbackup")
    assert (told["problem"], told["name"], told["disk"]) == ("", kept.name, "GRANDMA")
    assert told["written_bytes"] == told["total_bytes"] == kept.stat().st_size
    assert not (tmp_path / "old" / "backups").exists() or not list((tmp_path / "old" / "backups").iterdir())

    async with a_box(tmp_path / "new", disk) as new:
        stranger = new.caller()
        code = {
            "X-Hearth-Setup-Code": new.setup_code.current().shown,
            "X-Hearth-Passphrase": PASSPHRASE.replace(" ", "%20"),
        }
        assert refusal(await stranger.post("/api/restore/disks")) == (403, "wrong_setup_code")
        (found,) = (await stranger.post("/api/restore/disks", headers=code)).json()["backups"]
        assert (found["path"], found["disk"], found["size_bytes"]) == (kept.name, "GRANDMA", kept.stat().st_size)
        place = {"disk_id": found["disk_id"], "path": found["path"]}
        wrong = {**code, "X-Hearth-Passphrase": "another%20passphrase"}
        assert refusal(await stranger.post("/api/restore/from-disk", headers=wrong, json=place)) == (
            403,
            "wrong_passphrase",
        )
        other = {**place, "path": "recipes.txt"}
        assert refusal(await stranger.post("/api/restore/from-disk", headers=code, json=other)) == (
            404,
            "disk_not_found",
        )

        answer = await stranger.post("/api/restore/from-disk", headers=code, json=place)

        assert (answer.status_code, answer.json()["documents"]) == (200, 1), answer.text
        assert refusal(await stranger.post("/api/restore/disks", headers=code)) == (409, "already_claimed")
        async with asyncio.timeout(10):
            while not new.starts:
                await asyncio.sleep(0.05)


async def test_a_box_with_an_owner_tells_nobody_what_is_on_its_disks(tmp_path: Path, disk: Path) -> None:
    (disk / "x.hearthbackup").touch()
    async with a_box(tmp_path / "box", disk) as box:
        await box.claimed()

        assert refusal(await box.caller().post("/api/restore/disks")) == (409, "already_claimed")


async def test_a_disk_that_is_gone_or_has_no_room_is_told_and_leaves_nothing(
    tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_box(tmp_path / "box", disk) as box:
        ada = await box.claimed()
        there = await disk_id(ada)
        gone = await ada.post("/api/disk-backups", json={"passphrase": PASSPHRASE, "disk_id": "0" * 16})
        weak = await ada.post("/api/disk-backups", json={"passphrase": "short", "disk_id": there})
        monkeypatch.setattr("assistant.backup.disk_desk._room_bytes", lambda _disk: 100)
        full = await ada.post("/api/disk-backups", json={"passphrase": PASSPHRASE, "disk_id": there})
        monkeypatch.undo()

        assert refusal(gone) == (404, "disk_not_found")
        assert refusal(weak) == (422, "weak_passphrase")
        assert refusal(full) == (422, "backup_not_written")
        assert "not enough room" in full.json()["error"]["message"]
        assert not list((tmp_path / "box" / "backups").glob("*"))
        assert (await written(ada, there))["problem"] == ""  # none of these is in the way of the next one

"""The disk becomes full to its last byte while the real indexes write, and while a backup comes back; on a real disk.

The room that is kept free (`room.py`) stays out of these tests: somebody else may fill a disk at any moment.
"""

import asyncio
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.backup.making import Backups, sealed
from assistant.backup.restoring import Restoring, adopt
from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD
from assistant.library import Library
from assistant.library_errors import DiskFullError
from assistant.originals import Originals
from assistant.room import Room, Usage
from tests.assistant.shelves import ALL, at_work, body, library, put, settled, until
from tests.assistant.storm import problems_of
from tests.fakes import FakeClock

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk"),
    pytest.mark.timeout(300),
]
PASSPHRASE = "four words about nothing"
WORDS = ("boiler", "garden", "bicycle", "piano", "kitchen", "ladder", "window", "carpet", "kettle", "violin")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def careless(folder: Path) -> Room:
    return Room(folder, lambda _folder: Usage(total=10**12, used=0, free=10**12))


def fill(disk: Path, *, left_bytes: int) -> Path:
    """Somebody else's file, which takes all but so much."""
    theirs = disk / "theirs"
    room = os.statvfs(disk)
    with theirs.open("wb") as opened:
        opened.write(bytes(max(0, room.f_bavail * room.f_frsize - left_bytes)))
    return theirs


def backups_of(shelves: Library, folder: Path) -> Backups:
    return Backups(
        database=shelves._database,
        originals=Originals(folder / "originals"),
        library=shelves,
        folder=folder / "backups",
        clock=FakeClock(),
        version="1.2.3",
        models=tuple,
    )


def prose(seed: int, paragraphs: int) -> str:
    chance = random.Random(seed)
    return "\n\n".join(" ".join(chance.choices(WORDS, k=80)) + f" word{chance.random()}" for _ in range(paragraphs))


@pytest.mark.parametrize("left_bytes", [0, 32_768, 131_072, 524_288])
async def test_indexes_that_meet_the_disks_end_wait_and_heal(disk: Path, left_bytes: int) -> None:
    folder = disk / "data"
    shelves = library(folder, room=careless(folder))
    async with at_work(shelves):
        for number in range(3):
            await put(shelves, f"{number}.txt", prose(number, 4))
    waiting = library(folder, room=careless(folder))
    added = await waiting.add(name="long.txt", shelf=HOUSEHOLD, body=body(prose(9, 400)))

    theirs = fill(disk, left_bytes=left_bytes)
    async with at_work(waiting):
        await asyncio.sleep(2)
        async with asyncio.timeout(20):
            assert (await waiting.search("boiler garden", ALL)).passages
        assert waiting.document(added.document.id, ALL).status is not Status.FAILED
        assert {one.name for one in waiting.documents(ALL)} == {"0.txt", "1.txt", "2.txt", "long.txt"}
        with pytest.raises(DiskFullError):
            await backups_of(waiting, folder).moment("one")
        assert not list((folder / "backups").glob("*"))
        theirs.unlink()
        await settled(waiting, added.document.id)

        assert waiting.document(added.document.id, ALL).status is Status.READY
        assert problems_of(waiting, folder) == []
        assert (await waiting.search("boiler garden", ALL)).passages


def restored(state: Path, backup: bytes) -> None:
    restoring = Restoring(state, PASSPHRASE)
    try:
        for start in range(0, len(backup), 100_000):
            restoring.write(backup[start : start + 100_000])
        restoring.finish()
    finally:
        restoring.drop()


@pytest.mark.parametrize("left_bytes", [0, 65_536, 700_000, 2_500_000, 3_300_000])
async def test_a_restore_that_fills_the_disk_changes_nothing_and_works_once_there_is_room(
    disk: Path, tmp_path: Path, left_bytes: int
) -> None:
    old, state = library(tmp_path / "old"), disk / "state"
    async with at_work(old):
        with old._database.transaction() as connection:
            connection.execute("INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'hash', '2027-01-01')")
        await put(old, "boiler.txt", prose(1, 3))
        await old.add(name="film.bin", shelf=HOUSEHOLD, body=body(random.Random(1).randbytes(3_000_000)))
        moment = await backups_of(old, tmp_path / "old").moment("one")
        backup = b"".join(sealed(moment, PASSPHRASE))
    here = library(state)
    async with at_work(here):
        await put(here, "mine.txt", "What was here before.")
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    theirs = fill(disk, left_bytes=left_bytes)

    with pytest.raises(DiskFullError, match="full"):
        restored(state, backup)

    assert not adopt(state)
    assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before
    theirs.unlink()
    restored(state, backup)
    assert adopt(state)
    again = library(state)
    async with at_work(again):
        await until(lambda: again._indexing.is_idle)
        assert {one.name for one in again.documents(ALL)} == {"boiler.txt", "film.bin"}
        assert problems_of(again, state) == []

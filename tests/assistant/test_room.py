import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD
from assistant.library_errors import DiskFullError
from assistant.originals import Originals
from assistant.room import Room, Usage, usage_of
from tests.assistant.shelves import ALL, at_work, body, library, settled, until


@dataclass
class Disk:
    """A disk of 80 MB, of which as much is free as the test says."""

    free: int

    def usage(self, _folder: Path) -> Usage:
        return Usage(total=80_000_000, used=80_000_000 - self.free, free=self.free)


@pytest.mark.parametrize(
    ("free", "files", "indexes"),
    [(10_000_001, True, True), (10_000_000, False, True), (5_000_001, False, True), (5_000_000, False, False)],
)
def test_a_disk_becomes_full_for_files_first_and_then_for_indexes(
    tmp_path: Path, free: int, files: bool, indexes: bool
) -> None:
    room = Room(tmp_path, Disk(free).usage)

    assert (room.takes_files(), room.takes_indexes()) == (files, indexes)


def test_a_large_disk_keeps_half_a_gigabyte(tmp_path: Path) -> None:
    room = Room(tmp_path, lambda _folder: Usage(total=10**13, used=10**13 - 600_000_000, free=600_000_000))

    assert room.takes_files()


def test_the_disk_of_a_folder_is_known_before_the_folder_is_there(tmp_path: Path) -> None:
    assert usage_of(tmp_path / "not" / "yet").total == usage_of(tmp_path).total


def test_a_file_is_refused_before_the_last_of_the_disk_is_taken(tmp_path: Path) -> None:
    disk = Disk(free=20_000_000)
    originals = Originals(tmp_path, room=Room(tmp_path, disk.usage))
    upload = originals.begin()
    upload.write(b"so far so good")
    disk.free = 9_000_000

    with pytest.raises(DiskFullError):
        upload.write(b"and no further")
    originals.drop(upload)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_indexing_waits_for_room_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.indexing._AGAIN_SECONDS", 0.05)
    disk = Disk(free=20_000_000)
    room = Room(tmp_path, disk.usage)
    before = library(tmp_path, room=room)
    document = (await before.add(name="a.txt", shelf=HOUSEHOLD, body=body("words to find"))).document.id
    await before.close()
    disk.free = 1_000_000

    async with at_work(library(tmp_path, room=room)) as shelves:
        await until(lambda: "nearly full" in str(shelves.document(document, ALL).reason))
        await asyncio.sleep(0.5)  # it is taken up more often than a file that stops the assistant would be
        waiting = shelves.document(document, ALL).status
        disk.free = 20_000_000
        done = await settled(shelves, document)

    assert waiting is Status.QUEUED
    assert (done.status, done.reason) == (Status.READY, None)

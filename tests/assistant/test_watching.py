"""Watched folders and plugged-in disks: what lies there is on a shelf, and follows what happens there."""

import asyncio
import ctypes
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.disks import Disks
from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD, PersonId
from assistant.library import Library
from assistant.library_errors import DiskNotFoundError, UnfitFolderError
from assistant.watching import WatchedFolder, Watching
from tests.assistant.shelves import ALL, ANNA, at_work, body, library, until
from tests.fakes import FakeEmbedder


def obey_modes() -> None:
    """Let the modes of folders count for this thread too, where root runs the tests (capget(2), capset(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    sets[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as far as they are in effect
    assert libc.capset(header, sets) == 0


class Scene:
    """A library, and a folder that may be watched."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "home" / "Documents"
        self.place.mkdir(parents=True)
        self.embedder = FakeEmbedder()
        self.shelves: Library = library(folder / "state", embedder=self.embedder)
        self.watching = Watching(
            database=self.shelves._database,
            library=self.shelves,
            roots=[folder / "home"],
            own=folder / "state",
        )

    def names(self) -> set[str]:
        return {f"{document.folder}/{document.name}" for document in self.shelves.documents(ALL)}

    async def read(self) -> None:
        await until(lambda: all(one.status in {Status.READY, Status.FAILED} for one in self.shelves.documents(ALL)))

    async def look(self, folder: WatchedFolder) -> None:
        await self.watching.look(folder)
        await self.read()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    async with at_work(made.shelves):
        yield made
    made.watching.close()


@asynccontextmanager
async def running(work: Watching | Disks) -> AsyncIterator[None]:
    task = asyncio.create_task(work.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_folder_is_followed_by_itself(scene: Scene) -> None:
    (scene.place / "letters").mkdir()
    (scene.place / "letters" / "a.txt").write_text("The boiler stands in the cellar.")
    (scene.place / ".hidden.txt").write_text("not this")
    async with running(scene.watching):
        await scene.watching.add(str(scene.place), HOUSEHOLD)
        await until(lambda: scene.names() == {"Documents/letters/a.txt"})

        (scene.place / "b.txt").write_text("The garden gate squeaks.")
        await until(lambda: scene.names() == {"Documents/letters/a.txt", "Documents/b.txt"})
        (scene.place / "b.txt").unlink()
        await until(lambda: scene.names() == {"Documents/letters/a.txt"})

    await scene.read()
    assert (await scene.shelves.search("Where is the boiler?", [HOUSEHOLD])).passages


async def test_a_renamed_or_touched_file_is_not_read_again(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    (before,) = scene.shelves.documents([ANNA])
    scene.embedder.embedded.clear()

    (scene.place / "a.txt").rename(scene.place / "z.txt")
    await scene.look(folder)
    os.utime(scene.place / "z.txt", (1, 1))
    await scene.look(folder)

    (after,) = scene.shelves.documents([ANNA])
    assert (after.id, after.name) == (before.id, "z.txt")
    assert scene.embedder.embedded == []


async def test_a_changed_file_keeps_its_document(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    (before,) = scene.shelves.documents([ANNA])

    (scene.place / "a.txt").write_text("The boiler stands in the attic now.")
    await scene.look(folder)

    (after,) = scene.shelves.documents([ANNA])
    assert after.id == before.id
    assert "attic" in (await scene.shelves.search("Where is the boiler?", [ANNA])).passages[0].text


async def test_a_disk_that_is_pulled_out_takes_nothing_away(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)

    scene.place.rename(scene.place.with_name("gone"))
    await scene.look(folder)

    assert len(scene.shelves.documents([ANNA])) == 1
    assert "not there now" in str(scene.watching.folder(folder.id).problem)


async def test_a_file_deleted_here_does_not_come_back_until_it_changes(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    await scene.shelves.delete(scene.shelves.documents([ANNA])[0].id, [ANNA])

    await scene.look(folder)
    assert scene.names() == set()
    assert (scene.place / "a.txt").exists()
    (scene.place / "a.txt").write_text("Another text.")
    await scene.look(folder)

    assert scene.names() == {"Documents/a.txt"}


async def test_a_folder_that_is_watched_no_longer_leaves_its_files(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)

    scene.watching.stop(folder.id)

    assert scene.watching.folders() == []
    assert scene.names() == {"Documents/a.txt"}


async def test_links_lead_nowhere(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("outside")
    (scene.place / "link.txt").symlink_to(tmp_path / "secret.txt")
    (scene.place / "folder").symlink_to(tmp_path)

    await scene.look(await scene.watching.add(str(scene.place), ANNA))

    assert scene.names() == set()


@pytest.mark.parametrize("path", ["Documents", "/etc", "{home}/../state", "{home}/nothing", "/"])
async def test_not_every_folder_may_be_watched(scene: Scene, path: str) -> None:
    with pytest.raises(UnfitFolderError):
        await scene.watching.add(path.format(home=scene.place.parent), ANNA)


async def test_a_folder_is_watched_once(scene: Scene) -> None:
    (scene.place / "inner").mkdir()
    await scene.watching.add(str(scene.place), ANNA)

    for path in (scene.place, scene.place / "inner"):
        with pytest.raises(UnfitFolderError):
            await scene.watching.add(str(path), HOUSEHOLD)


async def test_files_are_chosen_from_a_disk_and_put_onto_a_shelf(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK"
    (stick / "photos").mkdir(parents=True)
    (stick / "photos" / "a.txt").write_text("One.")
    (stick / "b.txt").write_text("Two.")
    (stick / "c.txt").write_text("Three.")
    (stick / "out.txt").symlink_to("/etc/passwd")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks", tmp_path / "none"])
    async with running(disks):
        (disk,) = await disks.disks()

        listed = await disks.inside(disk.id, "")
        taking = await disks.take(disk.id, ["photos", "b.txt"], ANNA, PersonId("anna"))
        await until(lambda: not taking.is_running)

    assert [(one.path, one.is_folder) for one in listed] == [("photos", True), ("b.txt", False), ("c.txt", False)]
    assert scene.names() == {"STICK/photos/a.txt", "STICK/b.txt"}
    assert (taking.total, taking.done, taking.problems) == (2, 2, [])
    disks.close()


@pytest.mark.parametrize("path", ["../..", "/../../etc", "out.txt", "nothing"])
async def test_a_path_that_leads_off_a_disk_is_refused(scene: Scene, tmp_path: Path, path: str) -> None:
    stick = tmp_path / "disks" / "STICK"
    stick.mkdir(parents=True)
    (stick / "out.txt").symlink_to("/etc")
    (tmp_path / "disks" / "PULLED-OUT").mkdir()
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    (disk,) = await disks.disks()

    with pytest.raises(DiskNotFoundError):
        await disks.inside(disk.id, path)
    disks.close()


async def test_a_second_stick_of_the_same_name_replaces_nothing(scene: Scene, tmp_path: Path) -> None:
    picture = tmp_path / "disks" / "CAMERA" / "DCIM" / "IMG_0001.txt"
    picture.parent.mkdir(parents=True)
    picture.write_text("The first day of summer.")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    async with running(disks):
        (disk,) = await disks.disks()
        for words in ("The first day of summer.", "Another card of another camera.", "Another card of another camera."):
            picture.write_text(words)
            taking = await disks.take(disk.id, ["DCIM"], ANNA, PersonId("anna"))
            await until(lambda one=taking: not one.is_running)  # type: ignore[misc]
    await scene.read()

    assert scene.names() == {"CAMERA/DCIM/IMG_0001.txt", "CAMERA/DCIM/IMG_0001 (2).txt"}
    assert (await scene.shelves.search("first day of summer", [ANNA])).passages[0].file == "IMG_0001.txt"
    disks.close()


async def test_a_watched_folder_takes_a_name_that_is_free_on_its_shelf(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("From the folder.")
    await scene.shelves.place(path="Documents/a.txt", shelf=ANNA, body=body("Sent by hand."))

    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)

    assert folder.name == "Documents (2)"
    assert scene.names() == {"Documents/a.txt", "Documents (2)/a.txt"}


async def test_a_folder_that_is_watched_again_finds_its_files_again(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("From the folder.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    scene.watching.stop(folder.id)
    (scene.place / "a.txt").write_text("From the folder, and changed.")

    again = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(again)

    assert again.name == "Documents"
    assert scene.names() == {"Documents/a.txt"}


async def test_a_file_sent_into_a_watched_folder_gives_way_and_is_not_lost(scene: Scene) -> None:
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.shelves.place(path="Documents/a.txt", shelf=ANNA, body=body("Sent by hand."))
    (scene.place / "a.txt").write_text("From the folder.")

    await scene.look(folder)

    assert scene.names() == {"Documents/a.txt", "Documents/a (2).txt"}
    assert (await scene.shelves.search("Sent by hand", [ANNA])).passages[0].file == "a (2).txt"


async def test_a_closed_folder_holds_up_nothing_but_itself(scene: Scene) -> None:
    await scene.watching._hop(obey_modes)
    closed = scene.place / "closed"
    closed.mkdir()
    (closed / "a.txt").write_text("One.")
    (scene.place / "b.txt").write_text("Two.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    closed.chmod(0)
    (scene.place / "b.txt").unlink()
    (scene.place / "c.txt").write_text("Three.")

    await scene.look(folder)
    closed.chmod(0o700)

    assert scene.names() == {"Documents/closed/a.txt", "Documents/c.txt"}
    assert "closed could not be looked into" in str(scene.watching.folder(folder.id).problem)


async def test_a_closed_folder_on_a_stick_is_told_and_the_rest_is_taken(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK" / "all"
    (stick / "closed").mkdir(parents=True, mode=0)
    (stick / "a.txt").write_text("One.")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    await disks._hop(obey_modes)
    async with running(disks):
        (disk,) = await disks.disks()
        taking = await disks.take(disk.id, ["all"], ANNA, PersonId("anna"))
        await until(lambda: not taking.is_running)

    assert scene.names() == {"STICK/all/a.txt"}
    assert (taking.done, taking.total) == (1, 1)
    assert "closed could not be looked into" in taking.problems[0]
    disks.close()


LITTER = (
    "Thumbs.db", "desktop.ini", "~$letter.docx", "System Volume Information/IndexerVolumeGuid", "$RECYCLE.BIN/a.txt",
    ".DS_Store", "._letter.docx", "photos/Thumbs.db", "lost+found/#123",
)  # fmt: skip


async def test_litter_is_taken_neither_from_a_folder_nor_from_a_stick(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK" / "all"
    for place in (scene.place, stick):
        for path in (*LITTER, "photos/a.txt"):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(f"what lies at {path}")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    async with running(disks):
        (disk,) = await disks.disks()
        listed = await disks.inside(disk.id, "all")
        taking = await disks.take(disk.id, ["all"], HOUSEHOLD, PersonId("anna"))
        await until(lambda: not taking.is_running)
    await scene.look(await scene.watching.add(str(scene.place), ANNA))

    assert [one.path for one in listed] == ["all/photos"]
    assert scene.names() == {"STICK/all/photos/a.txt", "Documents/photos/a.txt"}
    disks.close()


async def test_a_path_that_is_gone_ends_one_import_and_not_the_assistant(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK"
    stick.mkdir(parents=True)
    (stick / "a.txt").write_text("One.")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    async with running(disks):
        (disk,) = await disks.disks()
        lost = await disks.take(disk.id, ["nothing-like-it"], ANNA, PersonId("anna"))
        await until(lambda: not lost.is_running)
        taken = await disks.take(disk.id, ["a.txt"], ANNA, PersonId("anna"))
        await until(lambda: not taken.is_running)

    assert "not there any more" in lost.problems[0]
    assert (taken.done, taken.problems) == (1, [])
    disks.close()


async def test_one_file_that_can_not_be_read_ends_no_import(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK"
    (stick / "all").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "c.txt"):
        (stick / "all" / name).write_text(name)
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    (disk,) = await disks.disks()
    taking = await disks.take(disk.id, ["all", "all/a.txt"], ANNA, PersonId("anna"))
    await disks._hop(obey_modes)
    (stick / "all" / "b.txt").chmod(0)
    async with running(disks):
        await until(lambda: not taking.is_running)

    assert scene.names() == {"STICK/all/a.txt", "STICK/all/c.txt"}
    assert [problem.split(":")[0] for problem in taking.problems] == ["b.txt"]
    disks.close()


async def test_a_stick_that_is_pulled_out_ends_its_import_with_one_sentence(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK"
    stick.mkdir(parents=True)
    (stick / "a.txt").write_text("One.")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    (disk,) = await disks.disks()
    taking = await disks.take(disk.id, ["a.txt"], ANNA, PersonId("anna"))
    (stick / "a.txt").unlink()
    stick.rmdir()
    async with running(disks):
        await until(lambda: not taking.is_running)

    assert len(taking.problems) == 1
    disks.close()


async def test_names_that_are_no_text_are_listed_taken_and_told(scene: Scene, tmp_path: Path) -> None:
    stick = tmp_path / "disks" / "STICK"
    for place in (stick, scene.place):
        place.mkdir(parents=True, exist_ok=True)
        for name in (b"caf\xe9.txt", b"caf\xe8.txt"):
            Path(os.fsdecode(os.fsencode(place) + b"/" + name)).write_bytes(b"Coffee " + name)
        Path(os.fsdecode(os.fsencode(place) + b"/closed\xff.txt")).touch(mode=0)
        Path(os.fsdecode(os.fsencode(place) + b"/closed\xff.txt")).write_bytes(b"not for us")
    disks = Disks(library=scene.shelves, roots=[tmp_path / "disks"])
    for hop in (disks._hop, scene.watching._hop):
        await hop(obey_modes)
    async with running(disks):
        (disk,) = await disks.disks()
        listed = await disks.inside(disk.id, "")
        taking = await disks.take(disk.id, [one.path for one in listed], HOUSEHOLD, PersonId("anna"))
        await until(lambda: not taking.is_running)
    folder = await scene.watching.add(str(scene.place), ANNA)
    for _ in range(2):
        await scene.look(folder)

    assert [one.path for one in listed] == ["caf�.txt", "caf�.txt", "closed�.txt"]
    assert {one.name for one in scene.shelves.documents([ANNA])} == {"caf.txt", "caf (2).txt"}
    assert "closed.txt" in str(scene.watching.folder(folder.id).problem)
    assert "closed.txt" in " ".join(taking.problems)
    disks.close()


async def test_a_shelf_that_is_cleared_during_a_look_ends_nothing(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("One.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    with scene.shelves._database.transaction() as connection:
        connection.execute("DELETE FROM shelves WHERE id = ?", (ANNA,))

    await scene.watching.look(folder)

    assert scene.names() == set()


async def test_a_disk_that_is_unmounted_takes_nothing_away_until_a_person_says_so(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("The boiler stands in the cellar.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    (scene.place / "a.txt").unlink()  # an empty mount point is left

    await scene.look(folder)

    held = scene.watching.folder(folder.id)
    assert scene.names() == {"Documents/a.txt"}
    assert held.missing == 1
    assert "1 file of this folder can't be found" in str(held.problem)
    after = await scene.watching.let_go(folder.id)
    assert scene.names() == set()
    assert (after.missing, after.problem) == (0, None)


async def test_a_disk_that_is_unmounted_inside_a_watched_folder_takes_nothing_away(scene: Scene) -> None:
    disk = scene.place / "disk" / "photos"
    disk.mkdir(parents=True)
    (disk / "a.txt").write_text("On the disk.")
    (scene.place / "b.txt").write_text("Beside it.")
    (scene.place / "c.txt").write_text("Beside it too.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    with scene.shelves._database.transaction() as connection:  # as if it had another file system
        connection.execute("UPDATE files SET device = device + 1 WHERE path LIKE 'Documents/disk/%'")
    (disk / "a.txt").unlink()
    disk.rmdir()
    (scene.place / "c.txt").unlink()

    await scene.look(folder)

    assert scene.names() == {"Documents/disk/photos/a.txt", "Documents/b.txt"}
    disk.mkdir()
    (disk / "a.txt").write_text("On the disk.")
    await scene.look(folder)
    assert scene.watching.folder(folder.id).missing == 0
    (disk / "a.txt").unlink()
    await scene.look(folder)
    assert scene.names() == {"Documents/b.txt"}


async def test_what_a_person_does_to_a_watched_file_here_stays_until_it_changes_there(scene: Scene) -> None:
    for name in ("taken.txt", "renamed.txt", "moved.txt", "changed.txt"):
        (scene.place / name).write_text(f"This is {name}.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    ids = {one.name: one.id for one in scene.shelves.documents([ANNA])}

    await scene.shelves.take_away(ANNA, "Documents/taken.txt")
    await scene.shelves.move_file(ANNA, "Documents/renamed.txt", "Documents/letters/kept.txt")
    await scene.shelves.move(ids["moved.txt"], HOUSEHOLD, [ANNA])
    await scene.shelves.place(path="Documents/changed.txt", shelf=ANNA, body=body("By hand."))
    for _ in range(2):
        await scene.look(folder)

    here = {"Documents/letters/kept.txt", "Documents/moved.txt", "Documents/changed.txt"}
    assert scene.names() == here
    assert scene.shelves.document(ids["changed.txt"], [ANNA]).size_bytes == len("By hand.")
    (scene.place / "renamed.txt").write_text("It has changed there.")
    (scene.place / "changed.txt").write_text("It has changed there, too.")
    await scene.look(folder)
    assert scene.names() == here | {"Documents/renamed.txt", "Documents/changed (2).txt"}


async def test_a_file_changed_by_hand_stays_where_the_watched_one_goes(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("From the folder.")
    (scene.place / "b.txt").write_text("Another one.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)
    await scene.shelves.place(path="Documents/a.txt", shelf=ANNA, body=body("By hand."))
    (scene.place / "a.txt").unlink()

    for _ in range(2):
        await scene.look(folder)

    assert scene.names() == {"Documents/a.txt", "Documents/b.txt"}


async def test_an_editor_that_replaces_a_watched_file_by_renaming_is_followed(scene: Scene) -> None:
    (scene.place / "a.txt").write_text("From the folder.")
    folder = await scene.watching.add(str(scene.place), ANNA)
    await scene.look(folder)

    await scene.shelves.place(path="Documents/a.tmp", shelf=ANNA, body=body("Written anew."))
    await scene.shelves.take_away(ANNA, "Documents/a.txt")
    await scene.shelves.move_file(ANNA, "Documents/a.tmp", "Documents/a.txt")
    await scene.look(folder)

    (document,) = scene.shelves.documents([ANNA])
    assert (document.name, document.size_bytes) == ("a.txt", len("Written anew."))

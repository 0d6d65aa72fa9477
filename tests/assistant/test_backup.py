"""A backup of a whole library and back, onto another machine."""

import sqlite3
import tarfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from assistant.backup.errors import BackupCutShortError, BackupDamagedError, BackupTooNewError, WrongPassphraseError
from assistant.backup.making import Backups, sealed
from assistant.backup.packing import ending, packed
from assistant.backup.restoring import Restoring, adopt
from assistant.backup.sealed import Sealing
from assistant.errors import AssistantError
from assistant.identifiers import HOUSEHOLD
from assistant.originals import Originals
from assistant.store import Database
from tests.assistant.shelves import ALL, at_work, library, put
from tests.fakes import FakeClock

PASSPHRASE = "four words about nothing"
TEXT = "The boiler stands in the cellar behind the blue door."


async def a_backup(folder: Path, *, then: str = "") -> bytes:
    """Of a library with one document and an owner; `then` is changed after the moment was taken."""
    shelves = library(folder)
    async with at_work(shelves):
        document = await put(shelves, "boiler.txt", TEXT)
        database = shelves._database
        with database.transaction() as connection:
            connection.execute("INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'hash', '2027-01-01')")
            connection.execute("INSERT INTO sessions VALUES ('s', x'00', 'ada', 1, 1)")
        backups = Backups(
            database=database,
            originals=Originals(folder / "originals"),
            library=shelves,
            folder=folder / "backups",
            clock=FakeClock(),
            version="1.2.3",
            models=lambda: ["tiny"],
        )
        moment = await backups.moment("one")
        await shelves.delete(document.id, ALL)  # what happens afterwards is not in it
        return b"".join(sealed(moment, PASSPHRASE))


async def test_the_models_in_a_backup_are_those_of_its_moment(tmp_path: Path) -> None:
    """Seen failing: the list was made once, when the daemon started."""
    models = ["tiny"]
    shelves = library(tmp_path)
    async with at_work(shelves):
        backups = Backups(
            database=shelves._database,
            originals=Originals(tmp_path / "originals"),
            library=shelves,
            folder=tmp_path / "backups",
            clock=FakeClock(),
            version="1.2.3",
            models=lambda: models,
        )
        models.append("fetched meanwhile")
        moment = await backups.moment("one")
        size_bytes = sum(map(len, sealed(moment, PASSPHRASE)))

    assert moment.about["models"] == ["tiny", "fetched meanwhile"]
    assert moment.size_bytes == size_bytes


def restore(state: Path, backup: bytes, passphrase: str = PASSPHRASE) -> None:
    restoring = Restoring(state, passphrase)
    try:
        for start in range(0, len(backup), 10_000):
            restoring.write(backup[start : start + 10_000])
        restoring.finish()
    finally:
        restoring.drop()


def by_hand(*files: tuple[str, bytes], tail: bytes = b"") -> bytes:
    sealing = Sealing(PASSPHRASE, strength=10)
    content = b"".join(packed(name, body) for name, body in files) + (tail or ending())
    return sealing.header + sealing.seal(content) + sealing.end()


async def test_a_restored_library_finds_what_the_old_one_had(tmp_path: Path) -> None:
    backup = await a_backup(tmp_path / "old")
    new = tmp_path / "new"
    before = library(new)
    async with at_work(before):
        await put(before, "sample.txt", "A sample that nobody needs.")

    restore(new, backup)
    assert adopt(new)
    assert not adopt(new)

    async with at_work(library(new)) as shelves:
        (document,) = shelves.documents([HOUSEHOLD])
        findings = await shelves.search("Where does the boiler stand?", [HOUSEHOLD])
        assert document.name == "boiler.txt"
        assert shelves.original(document.id, [HOUSEHOLD]).read_text() == TEXT
        assert findings.passages[0].text == TEXT
        assert await shelves.search("sample nobody needs", [HOUSEHOLD]) is not None
    with closing(sqlite3.connect(new / "hearth.sqlite")) as connection:
        assert connection.execute("SELECT name FROM people").fetchall() == [("Ada",)]
        assert connection.execute("SELECT * FROM sessions").fetchall() == []
    assert not (new / "restored").exists()


async def test_a_backup_that_is_not_whole_changes_nothing(tmp_path: Path) -> None:
    backup = await a_backup(tmp_path / "old")
    new = tmp_path / "new"
    Database(new / "hearth.sqlite").close()
    before = {path: path.read_bytes() for path in new.rglob("*") if path.is_file()}
    damaged = bytearray(backup)
    damaged[len(backup) // 2] ^= 1
    tries: list[tuple[bytes, str, type[AssistantError]]] = [
        (backup[:-100], PASSPHRASE, BackupCutShortError),
        (bytes(damaged), PASSPHRASE, AssistantError),
        (backup, "another passphrase", WrongPassphraseError),
    ]

    for content, passphrase, problem in tries:
        with pytest.raises(problem):
            restore(new, content, passphrase)

    assert not adopt(new)
    assert {path: path.read_bytes() for path in new.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "originals/../../evil", "originals/aa/short", "hearth.sqlite-wal"]
)
def test_a_backup_writes_no_file_but_those_it_may_have(tmp_path: Path, name: str) -> None:
    (tmp_path / "state").mkdir()

    with pytest.raises(BackupDamagedError):
        restore(tmp_path / "state", by_hand(("about.json", b"{}"), (name, b"x")))

    assert [path.name for path in tmp_path.rglob("*")] == ["state"]


def test_links_and_devices_in_a_backup_are_refused(tmp_path: Path) -> None:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("hearth.sqlite")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    sealing = Sealing(PASSPHRASE, strength=10)

    with pytest.raises(BackupDamagedError):
        restore(tmp_path, sealing.header + sealing.seal(out.getvalue()) + sealing.end())


def test_an_original_with_other_bytes_than_its_name_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupDamagedError):
        restore(tmp_path, by_hand((f"originals/aa/{'a' * 64}", b"not these")))


def test_a_database_with_code_in_it_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "d" / "hearth.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'hash', '2027-01-01')")
        connection.execute("CREATE TRIGGER evil AFTER INSERT ON chats BEGIN DELETE FROM documents; END")
    database.copy_to(tmp_path / "copy")
    database.close()
    about = b'{"format": 1, "schema": %d, "hearth": "1"}' % _version(tmp_path / "copy")
    files = (("about.json", about), ("hearth.sqlite", (tmp_path / "copy").read_bytes()))

    with pytest.raises(BackupDamagedError):
        restore(tmp_path / "state", by_hand(*files, ("end.json", b'{"originals": 0}')))


def test_a_backup_of_a_newer_hearth_is_refused_and_says_so(tmp_path: Path) -> None:
    about = b'{"format": 1, "schema": 9999, "hearth": "7.1"}'
    files = (("about.json", about), ("hearth.sqlite", b""), ("end.json", b'{"originals": 0}'))

    with pytest.raises(BackupTooNewError, match=r"Hearth 7\.1"):
        restore(tmp_path, by_hand(*files))


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)

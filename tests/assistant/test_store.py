import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.errors import StoreDamagedError, StoreTooNewError
from assistant.library_errors import DiskFullError
from assistant.store import MIGRATIONS, Database, numbered_migrations


def migrations(folder: Path, *scripts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for number, script in enumerate(scripts, start=1):
        (folder / f"{number:04d}_step.sql").write_text(script)
    return folder


def test_a_new_library_has_the_household_shelf(tmp_path: Path) -> None:
    database = Database(tmp_path / "hearth.sqlite")

    with database.reading() as connection:
        shelves = [tuple(row) for row in connection.execute("SELECT id, kind FROM shelves")]
    database.close()

    assert shelves == [("household", "household")]


def test_a_migration_runs_once_and_keeps_a_copy_of_what_was_before(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    first = migrations(tmp_path / "m", "CREATE TABLE notes (text TEXT);")
    database = Database(file, first)
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    database.close()

    both = migrations(tmp_path / "m", "CREATE TABLE notes (text TEXT);", "ALTER TABLE notes ADD COLUMN day TEXT;")
    Database(file, both).close()

    before = sqlite3.connect(tmp_path / "hearth-before-0002.sqlite")
    assert before.execute("SELECT * FROM notes").fetchall() == [("kept",)]
    before.close()
    after = sqlite3.connect(file)
    assert after.execute("SELECT * FROM notes").fetchall() == [("kept", None)]
    after.close()


def test_a_full_disk_is_told_as_such_and_what_was_there_stays(tmp_path: Path) -> None:
    notes = migrations(tmp_path / "m", "CREATE TABLE notes (text TEXT);")
    database = Database(tmp_path / "hearth.sqlite", notes)
    (pages,) = database._writer.execute("PRAGMA page_count").fetchone()
    database._writer.execute(f"PRAGMA max_page_count = {pages + 2}")  # SQLite's own way to a disk that is full

    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    for _ in range(2):  # a transaction that was left open would break the second one
        with pytest.raises(DiskFullError), database.transaction() as connection:
            connection.execute("INSERT INTO notes VALUES (?)", ("too much " * 10_000,))
    with database.reading() as connection:
        kept = [tuple(row) for row in connection.execute("SELECT text FROM notes")]
    database.close()

    assert kept == [("kept",)]


COPY_ONTO_A_SMALL_DISK = """
mount -t tmpfs -o size=64k none "$1/small" && exec "$2" -c '
import sys
from pathlib import Path
from assistant.library_errors import DiskFullError
from assistant.store import Database
database, target = Database(Path(sys.argv[1]) / "hearth.sqlite"), Path(sys.argv[1]) / "small" / "copy.sqlite"
try:
    database.copy_to(target)
except DiskFullError:
    print("full", target.exists())
' "$1"
"""


def test_a_copy_for_which_the_disk_has_no_room_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    (tmp_path / "small").mkdir()
    command = ["unshare", "-rm", "sh", "-c", COPY_ONTO_A_SMALL_DISK, "sh", str(tmp_path), sys.executable]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "full False\n", done.stderr


def test_the_copy_goes_after_a_week(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    Database(file, migrations(tmp_path / "m", "CREATE TABLE a (x);")).close()
    both = migrations(tmp_path / "m", "CREATE TABLE a (x);", "CREATE TABLE b (x);")
    Database(file, both).close()
    (copy,) = tmp_path.glob("*before*")

    Database(file, both).close()
    assert copy.exists()

    long_ago = time.time() - 8 * 24 * 3600
    os.utime(copy, (long_ago, long_ago))
    Database(file, both).close()
    assert not copy.exists()


def test_what_is_deleted_is_deleted_in_the_copy_too(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    today = migrations(tmp_path / "m", *numbered_migrations(MIGRATIONS))
    with_document(Database(file, today), "one", "the secret of the cellar").close()
    migrations(today, *numbered_migrations(MIGRATIONS), "CREATE TABLE later (x);")
    database = Database(file, today)
    (copy,) = tmp_path.glob("*before*")
    assert b"the secret of the cellar" in copy.read_bytes()

    with database.transaction() as connection:
        connection.execute("DELETE FROM documents")
    database.forget_deleted()
    database.close()

    assert b"the secret of the cellar" not in copy.read_bytes()


def test_an_older_hearth_goes_back_and_has_what_was_added_since(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    older = migrations(tmp_path / "older", *numbered_migrations(MIGRATIONS))
    newer = migrations(
        tmp_path / "newer", *numbered_migrations(MIGRATIONS), "ALTER TABLE documents ADD COLUMN colour TEXT;"
    )
    with_document(Database(file, older), "one", "first").close()
    with_document(Database(file, newer), "two", "second").close()

    back = Database(file, older)

    with back.reading() as connection:
        documents = [tuple(row) for row in connection.execute("SELECT id, status FROM documents ORDER BY id")]
        jobs = [tuple(row) for row in connection.execute("SELECT document_id, stage FROM jobs")]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    back.close()
    assert documents == [("one", "ready"), ("two", "queued")]
    assert jobs == [("two", "read")]
    assert version == len(numbered_migrations(older))
    Database(file, newer).close()  # and forward again


def test_going_back_brings_back_nothing_that_was_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    older = migrations(tmp_path / "older", *numbered_migrations(MIGRATIONS))
    newer = migrations(tmp_path / "newer", *numbered_migrations(MIGRATIONS), "ALTER TABLE keys ADD COLUMN colour TEXT;")
    before = with_document(with_document(Database(file, older), "one", "first"), "two", "second")
    before._writer.executescript(HOUSE)
    before.close()
    now = Database(file, newer)
    with now.transaction() as connection:
        connection.execute("DELETE FROM keys WHERE id = 'stolen'")
        connection.execute("DELETE FROM sessions")
        connection.execute("DELETE FROM shelf_readers")
        connection.execute("DELETE FROM invitations")
        connection.execute("DELETE FROM shelves WHERE id = 'cleared'")
        connection.execute("UPDATE shelves SET stays_here = 1 WHERE id = 'taxes'")
        connection.execute("UPDATE people SET role = 'child' WHERE id = 'ben'")
        connection.execute("UPDATE documents SET shelf_id = 'taxes' WHERE id = 'two'")
        connection.execute("UPDATE background_jobs SET standing = 'done' WHERE id = 'job'")
    now.close()

    back = Database(file, older)

    with back.reading() as connection:

        def told(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(query)]

        assert told("SELECT id FROM keys") == [("kept",)]
        assert told("SELECT id FROM sessions UNION SELECT id FROM invitations") == []
        assert told("SELECT * FROM shelf_readers") == []
        assert told("SELECT id, stays_here FROM shelves ORDER BY id") == [("household", 0), ("taxes", 1)]
        assert told("SELECT id, role FROM people ORDER BY id") == [("ada", "owner"), ("ben", "child")]
        assert told("SELECT id, shelf_id FROM documents") == [("one", "household"), ("two", "taxes")]
        assert told("SELECT document_id, stage FROM jobs") == [("two", "read")]
        assert told("SELECT id, title FROM chats") == [("chat", "Ben's")]
        assert told("SELECT id, text FROM messages") == [("m", "said")]
        assert told("SELECT standing FROM background_jobs") == [("done",)]
    back.close()


HOUSE = """
INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'h', ''), ('ben', 'Ben', 'ben', 'adult', 'h', '');
INSERT INTO shelves (id, kind, person_id, name) VALUES ('taxes', 'private', 'ada', 'Taxes'), ('cleared', 'household', NULL, 'c');
INSERT INTO shelf_readers VALUES ('taxes', 'ben');
INSERT INTO sessions VALUES ('s', x'00', 'ben', 1, 1);
INSERT INTO keys VALUES ('stolen', 'ben', 'phone', 'h', x'00', 1, 1), ('kept', 'ben', 'pc', 'h', x'01', 1, 1);
INSERT INTO invitations VALUES ('i', x'00', 'adult', NULL, 1, 1);
INSERT INTO chats VALUES ('chat', 'ben', 'Ben''s', '');
INSERT INTO messages (id, chat_id, role, text, created_at) VALUES ('m', 'chat', 'user', 'said', '');
INSERT INTO background_jobs VALUES
    ('job', 'answer', 'ben', 'chat', NULL, 'Why?', 'running', 1, 'w', 1, 0, 0, 0, 0, 0, '', '', NULL);
"""  # noqa: E501 - rows


def test_files_of_watched_folders_are_known_by_their_folder_after_the_migration(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    database = with_document(
        Database(file, migrations(tmp_path / "m", *numbered_migrations(MIGRATIONS)[:7])), "one", ""
    )
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO watched_folders (id, path, name, shelf_id, added_at) "
            "VALUES ('w', '/home/a', 'a', 'household', '')"
        )
        connection.execute("INSERT INTO files VALUES ('household', 'a/one', 'one', 'w', 1, 1)")
        connection.execute("INSERT INTO files VALUES ('household', 'two', 'one', NULL, NULL, NULL)")
    database.close()

    migrated = Database(file)

    with migrated.reading() as connection:
        sources = dict(tuple(row) for row in connection.execute("SELECT path, source FROM files"))
    migrated.close()
    assert sources == {"a/one": "folder:/home/a", "two": None}


def test_what_was_locked_before_asks_for_its_password_now(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    before = Database(file, migrations(tmp_path / "before", *numbered_migrations(MIGRATIONS)[:8]))
    with_document(before, "open", "words")
    with_document(before, "locked", "")
    with before.transaction() as connection:
        connection.execute(
            "UPDATE documents SET status = 'failed', reason = ? WHERE id = 'locked'",
            ("This file is locked: it needs a password. Save it without one on your computer and add that.",),
        )
    before.close()

    now = Database(file)

    with now.reading() as connection:
        rows = [tuple(row) for row in connection.execute("SELECT id, is_locked FROM documents ORDER BY id")]
    now.close()
    assert rows == [("locked", 1), ("open", 0)]


def with_document(database: Database, name: str, text: str) -> Database:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
            "VALUES (?, 'household', ?, 'text/plain', 1, ?, 'ready', '2027-01-01')",
            (name, name, name),
        )
        connection.execute("INSERT INTO pages (document_id, page, text) VALUES (?, 1, ?)", (name, text))
    return database


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    Database(file, migrations(tmp_path / "m", "CREATE TABLE a (x);")).close()
    broken = migrations(tmp_path / "m", "CREATE TABLE a (x);", "CREATE TABLE b (x); CREATE TABLE a (x);")

    with pytest.raises(sqlite3.OperationalError):
        Database(file, broken)

    left = sqlite3.connect(file)
    assert left.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    assert left.execute("PRAGMA user_version").fetchone() == (1,)
    left.close()


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    file.write_bytes(b"SQLite format 3\x00" + b"nonsense" * 1000)

    with pytest.raises(StoreDamagedError, match=r"hearth\.sqlite is damaged"):
        Database(file)


def test_a_database_of_a_newer_hearth_is_refused(tmp_path: Path) -> None:
    Database(tmp_path / "h.sqlite", migrations(tmp_path / "two", "CREATE TABLE a (x);", "CREATE TABLE b (x);")).close()

    with pytest.raises(StoreTooNewError):
        Database(tmp_path / "h.sqlite", migrations(tmp_path / "one", "CREATE TABLE a (x);"))


def test_a_gap_in_the_numbers_of_migrations_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "0002_step.sql").write_text("")

    with pytest.raises(ValueError, match="0001"):
        numbered_migrations(tmp_path)


def test_an_error_in_a_transaction_takes_all_of_it_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "h.sqlite", migrations(tmp_path / "m", "CREATE TABLE a (x UNIQUE);"))

    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.executemany("INSERT INTO a VALUES (?)", [(1,), (2,), (1,)])

    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM a").fetchone()[0] == 0
    database.close()


def test_writers_in_many_threads_wait_for_each_other(tmp_path: Path) -> None:
    database = Database(tmp_path / "h.sqlite", migrations(tmp_path / "m", "CREATE TABLE a (x INTEGER);"))
    with database.transaction() as connection:
        connection.execute("INSERT INTO a VALUES (0)")

    def count_up(_: int) -> None:
        with database.transaction() as connection:
            (value,) = connection.execute("SELECT x FROM a").fetchone()
            connection.execute("UPDATE a SET x = ?", (value + 1,))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(count_up, range(24)))

    with database.reading() as connection:
        assert connection.execute("SELECT x FROM a").fetchone()[0] == 24
    database.close()


def test_a_reader_can_change_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "hearth.sqlite")

    with pytest.raises(sqlite3.OperationalError, match="readonly"), database.reading() as connection:
        connection.execute("DELETE FROM shelves")

    database.close()

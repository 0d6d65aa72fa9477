"""A folder of a shelf is looked into without reading the others."""

from pathlib import Path

from assistant.identifiers import HOUSEHOLD
from assistant.shelf_tree import ShelfTree
from assistant.store import Database

PATHS = ["a-file", "a.txt", "a/1.txt", "a/b/2.txt", "a/b/3.txt", "a0", "a1/x.txt", "z.txt", "é/ü.txt"]


def laid(folder: Path, paths: list[str]) -> Database:
    database = Database(folder / "hearth.sqlite")
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
            "VALUES (?, 'household', 'f', 'text/plain', 1, ?, 'ready', '2027-01-01')",
            [(path, path) for path in paths],
        )
        connection.executemany(
            "INSERT INTO files (shelf_id, path, document_id) VALUES ('household', ?, ?)", [(one, one) for one in paths]
        )
    return database


def test_a_folder_tells_its_own_files_and_folders(tmp_path: Path) -> None:
    tree = ShelfTree(laid(tmp_path, PATHS))

    def inside(folder: str) -> tuple[list[str], list[str]]:
        files, folders = tree.inside(HOUSEHOLD, folder)
        return [path for path, _document, _digest in files], folders

    assert inside("") == (["a-file", "a.txt", "a0", "z.txt"], ["a", "a1", "é"])
    assert inside("a") == (["a/1.txt"], ["a/b"])
    assert inside("a/b") == (["a/b/2.txt", "a/b/3.txt"], [])
    assert inside("nothing") == ([], [])


def test_a_path_is_a_file_a_folder_or_nothing(tmp_path: Path) -> None:
    tree = ShelfTree(laid(tmp_path, PATHS))

    found = tree.file_at(HOUSEHOLD, "a.txt")

    assert found is not None
    assert (found[0], found[2]) == ("a.txt", "a.txt")
    assert tree.file_at(HOUSEHOLD, "a") is None
    assert [path for path in ("a", "a/b", "a1", "é", "a.txt", "a0", "b") if tree.is_folder(HOUSEHOLD, path)] == [
        "a", "a/b", "a1", "é",
    ]  # fmt: skip
    assert [path for path, _document, _digest in tree.files_at(HOUSEHOLD, "a")] == ["a/1.txt", "a/b/2.txt", "a/b/3.txt"]
    assert [path for path, _document, _digest in tree.files_at(HOUSEHOLD, "a0")] == ["a0"]


def test_looking_into_a_folder_reads_nothing_of_the_others(tmp_path: Path) -> None:
    database = laid(tmp_path, [*(f"many/{number:05}.txt" for number in range(5_000)), "one.txt", "zz/two.txt"])
    tree = ShelfTree(database)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with database.reading() as connection:
        connection.set_progress_handler(count, 1)
    files, folders = tree.inside(HOUSEHOLD, "")
    tree.file_at(HOUSEHOLD, "one.txt")
    tree.is_folder(HOUSEHOLD, "many")

    assert (len(files), folders) == (1, ["many", "zz"])
    assert 0 < steps < 1_000

"""The names under which documents lie on a shelf, in folders; a document has a name for each file with its bytes."""

import sqlite3
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from assistant.documents import Status, display_name
from assistant.errors import UnfitNameError
from assistant.identifiers import DocumentId, ShelfId
from assistant.library_errors import FileNameTakenError
from assistant.queue import Stage, enqueue

DEEPEST: Final = 30
LONGEST_PATH: Final = 2_000


def fit_path(path: str) -> str:
    """A path as data: no empty, `.` or `..` steps, every step a name to show. Raises `UnfitNameError`."""
    steps = [display_name(step) for step in path.replace("\\", "/").split("/") if step.strip() not in {"", ".", ".."}]
    if not steps or len(steps) > DEEPEST or sum(map(len, steps)) > LONGEST_PATH:
        message = f"A file needs a name, in at most {DEEPEST - 1} folders inside each other. Choose a shorter place."
        raise UnfitNameError(message)
    return "/".join(steps)


def folder_of(path: str) -> str:
    """The folders of a path, without its name."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """The name of a path, without its folders."""
    return path.rpartition("/")[2]


def lay(connection: sqlite3.Connection, shelf: ShelfId, path: str, document: DocumentId) -> str:
    """Give a document this path, or one like it where another document has it; answers the path."""
    number, candidate = 1, path
    while True:
        row = connection.execute(
            "SELECT document_id FROM files WHERE shelf_id = ? AND path = ?", (shelf, candidate)
        ).fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO files (shelf_id, path, document_id) VALUES (?, ?, ?)", (shelf, candidate, document)
            )
            return candidate
        if row["document_id"] == document:
            return candidate
        number += 1
        candidate = numbered(path, number)


def numbered(path: str, number: int) -> str:
    """`letters/a.pdf` as `letters/a (2).pdf`."""
    whole = PurePosixPath(path)
    return str(whole.with_name(f"{whole.stem} ({number}){whole.suffix}"))


def free_folder(connection: sqlite3.Connection, shelf: ShelfId, name: str, taken: set[str], source: str) -> str:
    """This name of a folder, or one like it, that is not taken; below it lies nothing but what `source` brought."""
    number, candidate = 1, name
    while candidate in taken or _lies_below(connection, shelf, candidate, source):
        number += 1
        candidate = f"{name} ({number})"
    return candidate


def _lies_below(connection: sqlite3.Connection, shelf: ShelfId, folder: str, source: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM files WHERE shelf_id = ? AND (path = ? OR substr(path, 1, ?) = ?) AND source IS NOT ?",
        (shelf, folder, len(folder) + 1, f"{folder}/", source),
    ).fetchone()
    return row is not None


def call_after(connection: sqlite3.Connection, document: DocumentId, old: str, new: str) -> None:
    """Call a document after its file's new path, where it was called after the old one."""
    row = connection.execute(
        "UPDATE documents SET name = ?, folder = ? WHERE id = ? AND trim(folder || '/' || name, '/') = ? "
        "RETURNING status",
        (name_of(new), folder_of(new), document, old),
    ).fetchone()
    if row is not None and row["status"] in {Status.SEARCHABLE, Status.READY}:
        enqueue(connection, document, Stage.WORDS)


def forget_files(connection: sqlite3.Connection, document: DocumentId) -> None:
    """Forget every path of a document; its watched files do not come back until they change."""
    connection.execute(
        "UPDATE files SET document_id = NULL WHERE document_id = ? AND folder_id IS NOT NULL", (document,)
    )
    connection.execute("DELETE FROM files WHERE document_id = ?", (document,))


def rename_file(connection: sqlite3.Connection, shelf: ShelfId, old: str, new: str) -> None:
    """Give a file another path on its shelf. Raises `FileNameTakenError`.

    A watched file is a person's own from then on: it does not come back at its old path until it changes in its folder.
    """
    if old == new:
        return
    lies = "SELECT * FROM files WHERE shelf_id = ? AND path = ?"
    was, taken = (connection.execute(lies, (shelf, path)).fetchone() for path in (old, new))
    if taken is not None and taken["document_id"] is not None:
        raise FileNameTakenError
    connection.execute("DELETE FROM files WHERE shelf_id = ? AND path = ?", (shelf, new))
    left = (None,) * 4 if taken is None else tuple(taken[name] for name in _LOOKED)
    connection.execute(
        "UPDATE files SET path = ?, source = NULL, folder_id = ?, size_bytes = ?, changed_ns = ?, device = ? "
        "WHERE shelf_id = ? AND path = ?",
        (new, *left, shelf, old),
    )
    if was is not None and was["folder_id"] is not None:
        connection.execute(
            "INSERT INTO files (shelf_id, path, source, folder_id, size_bytes, changed_ns, device) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (shelf, old, was["source"], *(was[name] for name in _LOOKED)),
        )


_LOOKED: Final = ("folder_id", "size_bytes", "changed_ns", "device")


def paths_of(connection: sqlite3.Connection, document: DocumentId) -> Sequence[str]:
    """Every path of a document, the one that names it first."""
    rows = connection.execute(
        "SELECT path FROM files JOIN documents ON documents.id = document_id WHERE document_id = ? "
        "ORDER BY path != trim(documents.folder || '/' || documents.name, '/'), path",
        (document,),
    )
    return [row["path"] for row in rows]

"""A shelf as a tree: what lies in one of its folders is asked of the database folder by folder, never as a whole."""

import sqlite3
from collections.abc import Iterator

from assistant.documents import Document
from assistant.identifiers import ShelfId
from assistant.records import document_of
from assistant.store import Database

File = tuple[str, Document, str]
"""A file's path on its shelf, its document, and the digest of its bytes."""

_FILES = (
    "SELECT files.path AS file_path, documents.* FROM files JOIN documents ON documents.id = document_id "
    "WHERE files.shelf_id = ? AND "
)


class ShelfTree:
    """Looks into folders of shelves. Blocking; each question costs as much as its answer is long."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def file_at(self, shelf: ShelfId, path: str) -> File | None:
        """The file at this path."""
        with self._database.reading() as connection:
            row = connection.execute(f"{_FILES} files.path = ?", (shelf, path)).fetchone()
        return None if row is None else _file(row)

    def is_folder(self, shelf: ShelfId, path: str) -> bool:
        """Whether a file lies in a folder of this path, however deep."""
        with self._database.reading() as connection:
            return _next(connection, shelf, f"{path}/", _end(path)) is not None

    def files_at(self, shelf: ShelfId, path: str) -> list[File]:
        """The file at this path, or every file in the folder."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_FILES} (files.path = ? OR (files.path > ? AND files.path < ?)) ORDER BY files.path",
                (shelf, path, f"{path}/", _end(path)),
            ).fetchall()
        return [_file(row) for row in rows]

    def inside(self, shelf: ShelfId, folder: str) -> tuple[list[File], list[str]]:
        """The files that lie in this folder itself, and the paths of the folders in it that hold files."""
        files, folders = [], []
        with self._database.reading() as connection:
            for path, is_folder in _steps(connection, shelf, folder):
                if is_folder:
                    folders.append(path)
                else:
                    files.append(_file(connection.execute(f"{_FILES} files.path = ?", (shelf, path)).fetchone()))
        return files, folders


def _steps(connection: sqlite3.Connection, shelf: ShelfId, folder: str) -> Iterator[tuple[str, bool]]:
    """Each path in a folder and whether it is a folder; what lies in that one is skipped, not read."""
    start = f"{folder}/" if folder else ""
    end, after = _end(folder) if folder else None, start
    while (path := _next(connection, shelf, after, end)) is not None:
        step, slash, _deeper = path[len(start) :].partition("/")
        yield start + step, bool(slash)
        # Behind whatever lies in the folder: no name has the last of all characters.
        after = f"{start}{step}/\U0010ffff" if slash else path


def _next(connection: sqlite3.Connection, shelf: ShelfId, after: str, end: str | None) -> str | None:
    """The path of the first file behind `after` and before `end`."""
    row = connection.execute(
        "SELECT path FROM files WHERE shelf_id = ? AND path > ? AND document_id IS NOT NULL ORDER BY path LIMIT 1",
        (shelf, after),
    ).fetchone()
    return None if row is None or (end is not None and row["path"] >= end) else str(row["path"])


def _end(folder: str) -> str:
    """Behind every path in this folder: 0 follows / in the order of paths."""
    return f"{folder}0"


def _file(row: sqlite3.Row) -> File:
    return row["file_path"], document_of(row), row["sha256"]

"""The shelves as a tree of folders and files, as one person's file manager sees them."""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assistant.documents import Document
from assistant.identifiers import ShelfId
from assistant.shelves import Shelf

PRIVATE = "My files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path of the tree, taken apart: nothing for the root, a shelf alone for its folder."""

    shelf: ShelfId | None
    path: str
    """Within the shelf; empty for the shelf itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A folder or a file of the tree."""

    path: str
    """From the root, without slashes at its ends."""
    document: Document | None = None
    """None for a folder, and for a file that is still empty."""
    digest: str = ""
    is_folder: bool = False
    changed_at: datetime | None = None

    @property
    def name(self) -> str:
        """The last step of the path."""
        return posixpath.basename(self.path)


def shelf_names(shelves: Iterable[Shelf]) -> dict[str, ShelfId]:
    """Each shelf's folder; two of one name are told apart by a number."""
    names: dict[str, ShelfId] = {}
    for shelf in shelves:
        wanted = PRIVATE if shelf.id.startswith("private-") and shelf.may_change else shelf.name.replace("/", "-")
        name, number = wanted, 1
        while name in names:
            number += 1
            name = f"{wanted} ({number})"
        names[name] = shelf.id
    return names


def place_of(path: str, names: Mapping[str, ShelfId]) -> Place | None:
    """Where a path of the tree lies; None where its first step is no shelf, or a step leads upward."""
    steps = [step for step in path.split("/") if step]
    if any(step in {".", ".."} for step in steps):
        return None
    if not steps:
        return Place(shelf=None, path="")
    shelf = names.get(steps[0])
    return None if shelf is None else Place(shelf=shelf, path="/".join(steps[1:]))


def children(
    folder: str, files: Iterable[tuple[str, Document, str]], empty: Iterable[tuple[str, bool]]
) -> dict[str, Node]:
    """What lies in a folder of a shelf by name: files, folders that hold files, and what is still `empty`."""
    start = f"{folder}/" if folder else ""
    found: dict[str, Node] = {}
    for path, is_folder in empty:
        if path.startswith(start) and path != folder:
            step, _slash, deeper = path[len(start) :].partition("/")
            found[step] = Node(path=start + step, is_folder=is_folder or bool(deeper))
    for path, document, digest in files:
        if not path.startswith(start):
            continue
        step, _slash, deeper = path[len(start) :].partition("/")
        if deeper:
            found[step] = Node(path=start + step, is_folder=True)
        else:
            found[step] = Node(path=path, document=document, digest=digest, changed_at=document.added_at)
    return found

"""The shelves as a tree of folders and files, as one person's file manager sees them."""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    name: str = ""
    """What the shelf is called in this tree."""

    @property
    def whole(self) -> str:
        """The path from the root of the tree."""
        return f"{self.name}/{self.path}".rstrip("/")

    @property
    def above(self) -> "Place":
        """The folder in which it lies."""
        return replace(self, path=self.path.rpartition("/")[0])


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
    return None if shelf is None else Place(shelf=shelf, path="/".join(steps[1:]), name=steps[0])


def children(
    place: Place,
    files: Iterable[tuple[str, Document, str]],
    folders: Iterable[str],
    made: Iterable[tuple[str, bool]],
) -> list[Node]:
    """What lies in a folder of a shelf: its files, the folders that hold files, and what was `made` and is empty."""
    start = f"{place.path}/" if place.path else ""
    found: dict[str, Node] = {}
    for path, is_folder in made:
        if path.startswith(start) and path != place.path:
            step, _slash, deeper = path[len(start) :].partition("/")
            found[start + step] = Node(path=f"{place.name}/{start}{step}", is_folder=is_folder or bool(deeper))
    for path in folders:
        found[path] = Node(path=f"{place.name}/{path}", is_folder=True)
    for path, document, digest in files:
        found[path] = file_node(place, path, document, digest)
    return list(found.values())


def file_node(place: Place, path: str, document: Document, digest: str) -> Node:
    """A file of the place's shelf."""
    return Node(path=f"{place.name}/{path}", document=document, digest=digest, changed_at=document.added_at)

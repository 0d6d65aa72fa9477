"""Folders and files that a file manager has made and not filled yet; kept in memory, as nothing is lost with them."""

from typing import Final

from assistant.identifiers import ShelfId

MOST: Final = 2_000
"""On one shelf; older ones are forgotten."""


class Empties:
    """By shelf: path, and whether it is a folder."""

    def __init__(self) -> None:
        self._on: dict[ShelfId, dict[str, bool]] = {}

    def on(self, shelf: ShelfId) -> list[tuple[str, bool]]:
        """What is empty on this shelf."""
        return list(self._on.get(shelf, {}).items())

    def add(self, shelf: ShelfId, path: str, *, is_folder: bool) -> None:
        """Something was made."""
        made = self._on.setdefault(shelf, {})
        made[path] = is_folder
        while len(made) > MOST:
            del made[next(iter(made))]

    def forget(self, shelf: ShelfId, path: str) -> None:
        """It was filled or deleted, with all in it."""
        made = self._on.get(shelf, {})
        for one in [one for one in made if one == path or one.startswith(f"{path}/")]:
            del made[one]

    def move(self, source: ShelfId, old: str, target: ShelfId, new: str) -> None:
        """It is elsewhere now, with all in it."""
        moved = [(path, kind) for path, kind in self.on(source) if path == old or path.startswith(f"{old}/")]
        self.forget(source, old)
        for path, is_folder in moved:
            self.add(target, new + path[len(old) :], is_folder=is_folder)

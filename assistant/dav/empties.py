"""Folders and files that a file manager has made and not filled yet, and files that it has emptied to fill them again.

All is kept in memory, as nothing is lost with it: a file that was emptied still lies on its shelf as it was.
"""

import time
from collections.abc import Callable
from typing import Final

from assistant.identifiers import ShelfId

MOST: Final = 2_000
"""On one shelf; older ones are forgotten."""
REFILL_SECONDS: Final = 600.0
"""A file that is still empty after this was emptied on purpose."""


class Empties:
    """By shelf: path, and whether it is a folder; and which files were emptied when."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` are seconds of a clock that only goes on."""
        self._on: dict[ShelfId, dict[str, bool]] = {}
        self._emptied: dict[tuple[ShelfId, str], float] = {}
        self._now = now

    def on(self, shelf: ShelfId) -> list[tuple[str, bool]]:
        """What was made on this shelf and is empty."""
        return list(self._on.get(shelf, {}).items())

    def kind(self, shelf: ShelfId, path: str) -> bool | None:
        """Whether what was made at this path is a folder; None where nothing was."""
        made = self._on.get(shelf, {})
        if path not in made and any(one.startswith(f"{path}/") for one in made):
            return True
        return made.get(path)

    def add(self, shelf: ShelfId, path: str, *, is_folder: bool) -> None:
        """Something was made."""
        made = self._on.setdefault(shelf, {})
        made[path] = is_folder
        while len(made) > MOST:
            del made[next(iter(made))]

    def empty(self, shelf: ShelfId, path: str) -> None:
        """A file that has words was emptied; mostly it is filled again at once."""
        self._emptied.setdefault((shelf, path), self._now())

    def is_emptied(self, shelf: ShelfId, path: str) -> bool:
        """Whether this file was emptied and not filled again yet."""
        return (shelf, path) in self._emptied

    def overdue(self) -> list[tuple[ShelfId, str]]:
        """The files that were emptied on purpose; each is told once, and is an empty file from then on."""
        told = [one for one, since in self._emptied.items() if self._now() - since > REFILL_SECONDS]
        for shelf, path in told:
            del self._emptied[shelf, path]
            self.add(shelf, path, is_folder=False)
        return told

    def forget(self, shelf: ShelfId, path: str) -> None:
        """It was filled or deleted, with all in it."""
        made = self._on.get(shelf, {})
        for one in [one for one in made if one == path or one.startswith(f"{path}/")]:
            del made[one]
        for key in self._emptied_at(shelf, path):
            del self._emptied[key]

    def move(self, source: ShelfId, old: str, target: ShelfId, new: str) -> None:
        """It is elsewhere now, with all in it."""
        moved = [(path, kind) for path, kind in self.on(source) if path == old or path.startswith(f"{old}/")]
        emptied = {path: self._emptied[source, path] for _shelf, path in self._emptied_at(source, old)}
        self.forget(source, old)
        for path, is_folder in moved:
            self.add(target, new + path[len(old) :], is_folder=is_folder)
        for path, since in emptied.items():
            self._emptied[target, new + path[len(old) :]] = since

    def _emptied_at(self, shelf: ShelfId, path: str) -> list[tuple[ShelfId, str]]:
        return [one for one in self._emptied if one[0] == shelf and (one[1] == path or one[1].startswith(f"{path}/"))]

"""A folder of this machine or of a disk, looked through: which files lie in it, and what of it could not be seen."""

import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.documents import display_name
from assistant.errors import AssistantError
from assistant.hops import Hop
from assistant.library_errors import UnfitFolderError
from assistant.litter import is_litter, is_litter_folder

PIECE_BYTES: Final = 1 << 20
TROUBLES: Final = (AssistantError, OSError, sqlite3.IntegrityError)
"""With one file: the others are taken all the same."""
MOST_FILES: Final = 200_000
"""In one folder: each costs a place in memory while it is looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file in a folder."""

    path: Path
    size_bytes: int
    changed_ns: int
    device: int
    """The number of the file system on which it lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen in a folder; paths are those below it."""

    files: dict[str, Seen] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    """Each folder that was seen, the whole one as an empty path, and the number of its file system."""
    unseen: set[str] = field(default_factory=set)
    """Folders that could not be looked into, and files that could not be looked at: what lies there is not known."""
    problems: list[str] = field(default_factory=list)
    """The same as sentences."""


def look_through(folder: Path) -> Sight:
    """Every file below a folder. Hidden files, litter and links are left out.

    Raises `UnfitFolderError` where the folder is not there or holds too much.
    """
    if not is_folder(folder):
        message = "This folder is not there now. Where it is on a disk, plug that in; nothing was deleted here."
        raise UnfitFolderError(message)
    sight = Sight()

    def miss(error: OSError) -> None:
        _miss(sight, _below(Path(error.filename), folder), error)

    for place, folders, names in os.walk(folder, onerror=miss):
        with suppress(OSError):
            sight.folders[_below(Path(place), folder)] = Path(place).stat().st_dev
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_litter_folder(name))
        for name in sorted(names):
            if name.startswith(".") or is_litter(name):
                continue
            path = Path(place) / name
            below = _below(path, folder)
            try:
                found = path.lstat()
            except FileNotFoundError:
                continue
            except OSError as error:
                _miss(sight, below, error)
                continue
            if stat.S_ISREG(found.st_mode):
                sight.files[below] = Seen(
                    path=path, size_bytes=found.st_size, changed_ns=found.st_mtime_ns, device=found.st_dev
                )
            if len(sight.files) > MOST_FILES:
                message = f"There are more than {MOST_FILES:,} files in this folder. Take folders inside it instead."
                raise UnfitFolderError(message)
    return sight


def lay_elsewhere(path: str, device: int | None, folders: Mapping[str, int]) -> bool:
    """Whether a file that is gone lay on another file system than what is in its place now, as by a disk pulled out."""
    above = path.rpartition("/")[0]
    while above not in folders and above:
        above = above.rpartition("/")[0]
    return device is not None and folders.get(above) != device


def _below(path: Path, folder: Path) -> str:
    below = str(path.relative_to(folder))
    return "" if below == "." else below


def is_folder(path: Path) -> bool:
    """Whether there is such a folder that can be reached."""
    try:
        return path.is_dir()
    except OSError:  # a folder above it is closed, or its disk does not answer
        return False


def shown_path(path: str) -> str:
    """A path as it can be told, whatever bytes its names have."""
    return "/".join(display_name(step) for step in path.split("/"))


async def pieces(hop: Hop, path: Path) -> AsyncIterator[bytes]:
    """The bytes of a file, which must be no link, read on this hop."""
    descriptor = await hop(os.open, path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        while piece := await hop(os.read, descriptor, PIECE_BYTES):
            yield piece
    finally:
        await hop(os.close, descriptor)


def told_trouble(path: Path, error: Exception) -> str:
    """Why a file could not be taken: a sentence for one of the `TROUBLES`."""
    match error:
        case PermissionError():
            why = "Hearth may not read this file. Let the one who runs it read it."
        case OSError():
            why = f"it could not be read ({error.strerror or error})."
        case sqlite3.IntegrityError():
            why = "the shelf or the folder was cleared away meanwhile."
        case _:
            why = str(error)
    return f"{display_name(path.name)}: {why}"


def _miss(sight: Sight, below: str, error: OSError) -> None:
    sight.unseen.add(below)
    what = shown_path(below) if below else "This folder"
    sight.problems.append(f"{what} could not be looked into ({error.strerror}); what lies there is left as it was.")

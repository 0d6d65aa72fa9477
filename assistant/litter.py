"""What systems and programs leave beside a person's files: nobody looks for it, so no way into the library takes it."""

from typing import Final

_FILES: Final = frozenset({".ds_store", ".localized", "desktop.ini", "ehthumbs.db", "icon\r"})
_FOLDERS: Final = frozenset(
    {"$recycle.bin", "@eadir", "__macosx", "found.000", "lost+found", "recycler", "system volume information"}
)
_BEGINNINGS: Final = ("._", ".~lock.", ".trash", "thumbs.db", "~$")


def told() -> dict[str, list[str]]:
    """The same for a browser, whose pages walk through folders themselves; all names in small letters."""
    return {"files": sorted(_FILES), "folders": sorted(_FOLDERS), "beginnings": sorted(_BEGINNINGS)}


def is_litter(name: str) -> bool:
    """Whether a file of this name is litter: an index of pictures, a lock of an office program, settings of a view."""
    folded = name.casefold()
    return folded in _FILES or folded.startswith(_BEGINNINGS)


def is_litter_folder(name: str) -> bool:
    """Whether all in a folder of this name is litter, such as a bin."""
    folded = name.casefold()
    return folded in _FOLDERS or folded.startswith(".trash")


def lies_in_litter(path: str) -> bool:
    """Whether the file at this path is litter, or in such a folder."""
    *folders, name = path.split("/")
    return is_litter(name) or any(map(is_litter_folder, folders))

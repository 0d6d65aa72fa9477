"""What each role in the house may do; the one list of it, in code and for people."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from assistant.household_errors import NotAllowedError

Role = Literal["owner", "adult", "child"]


class Deed(StrEnum):
    """What not everybody may do. Asking, searching, own files, own chats and the own password are everybody's."""

    CHANGE_HOUSEHOLD = "change_household"
    SHARE = "share"
    USE_PROGRAMS = "use_programs"
    IMPORT_DISKS = "import_disks"
    WATCH_FOLDERS = "watch_folders"
    MANAGE_PEOPLE = "manage_people"
    BACK_UP = "back_up"


CHILD_MAY_NOT: Final[Mapping[Deed, str]] = {
    Deed.CHANGE_HOUSEHOLD: "Add to the household's shelves, or change or delete what lies on them; it reads them.",
    Deed.SHARE: "Make further shelves, or show its own shelf to others.",
    Deed.USE_PROGRAMS: "Make keys for programs, so no network folder either.",
    Deed.IMPORT_DISKS: "Look into USB disks.",
    Deed.WATCH_FOLDERS: "Let folders of this machine be watched.",
    Deed.MANAGE_PEOPLE: "Invite, change or delete people.",
    Deed.BACK_UP: "Make or restore backups.",
}
"""Told to people as it stands here."""

_OWNER: Final = frozenset(Deed)
_ADULT: Final = _OWNER - {Deed.WATCH_FOLDERS, Deed.MANAGE_PEOPLE, Deed.BACK_UP}
_MAY: Final[Mapping[Role, frozenset[Deed]]] = {"owner": _OWNER, "adult": _ADULT, "child": frozenset()}


def may(role: Role, deed: Deed) -> bool:
    """Whether somebody of this role may do this."""
    return deed in _MAY[role]


def deeds_of(role: Role) -> frozenset[Deed]:
    """All that somebody of this role may do beyond what everybody may."""
    return _MAY[role]


def refuse_unless(role: Role, deed: Deed) -> None:
    """Raise `NotAllowedError` where this role may not do this."""
    if not may(role, deed):
        raise NotAllowedError(_WHO[deed])


_WHO: Final[Mapping[Deed, str]] = {
    Deed.CHANGE_HOUSEHOLD: "A child's account reads the household's shelves and changes nothing there. Ask an adult.",
    Deed.SHARE: "A child's account has its own shelf alone. Ask an adult to make one to share.",
    Deed.USE_PROGRAMS: "A child's account has no keys for programs. Ask an adult.",
    Deed.IMPORT_DISKS: "A child's account does not look into USB disks. Ask an adult.",
    Deed.WATCH_FOLDERS: "Only the owner of this box lets folders be watched. Ask the owner.",
    Deed.MANAGE_PEOPLE: "Only the owner of this box invites, changes or deletes people. Ask the owner.",
    Deed.BACK_UP: "Only the owner of this box makes backups, as they hold everybody's files. Ask the owner.",
}

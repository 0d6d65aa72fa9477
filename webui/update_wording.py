"""The sentences of updates of the system; pure functions."""

from webui.update_messages import Going, KeptUpdate, StickUpdate, Updates
from webui.wording import size

ELSEWHERE = (
    "Hearth runs here as a program on another system. It is updated where it was built: “git pull”, “make setup”, and "
    "start it again."
)
NO_KEY = "This box has no key of a maker of systems, so it cannot tell a real update and takes none."


def headline(updates: Updates) -> str:
    """What there is to say first."""
    if updates.going:
        return doing(updates.going, updates.kept)
    if updates.waiting:
        return f"Version {updates.waiting} is installed"
    if updates.kept and updates.is_next:
        return f"Version {updates.kept.version} is here"
    return f"Version {updates.running} runs"


def about(updates: Updates) -> str:
    """The line below it."""
    if updates.going:
        return f"{updates.going.share:.0%}. You can go on using Hearth, and leave this page."
    if updates.waiting:
        return f"It is used from the next start. Until then version {updates.running} runs."
    if updates.kept is None:
        return "No newer version is on this box."
    if updates.is_next and updates.can_install:
        return f"Checked and signed by the maker of this system · {size(updates.kept.size_bytes)}"
    return f"Version {updates.kept.version} ({size(updates.kept.size_bytes)}) is kept here for the boxes of your mesh."


def doing(going: Going, kept: KeptUpdate | None) -> str:
    """What is being done now."""
    match going.what:
        case "installing" if kept:
            return f"Version {kept.version} is being installed"
        case "installing":
            return "An update is being installed"
        case "checking":
            return "An update is being checked"
        case _:
            return "An update is on its way here"


def failure(updates: Updates) -> str:
    """What a person has to know of a version that did not work; empty where none failed."""
    if not updates.failed:
        return ""
    return (
        f"Version {updates.failed} was started and did not work on this box, so version {updates.running} came back by "
        "itself. Nothing is lost: your files, chats and settings are as they were."
    )


def on_stick(update: StickUpdate) -> str:
    """A file on a stick, by its version where that is believed."""
    return f"Version {update.version}" if update.version else update.path


def where(update: StickUpdate) -> str:
    """Which file of which stick it is."""
    place = f"{update.path} on" if update.version else "On"
    return f"{place} “{update.disk}” · {size(update.size_bytes)}"


def news(found: tuple[StickUpdate, ...], updates: Updates) -> tuple[StickUpdate, ...]:
    """What lies on sticks and is not on this box already."""
    here = {updates.running, updates.waiting, updates.kept.version if updates.kept else None} - {None}
    return tuple(one for one in found if one.version not in here)

"""Owns what can go wrong on an update's way to this box and onto it; each says what to do."""

from firmware.updates.errors import UpdateError


class NoUpdatesHereError(UpdateError):
    """This node knows no maker whose updates it could believe."""

    code = "takes_no_updates"

    def __init__(self) -> None:
        super().__init__("This box has no key of a maker of systems, so it cannot tell a real update and takes none.")


class NoSystemError(UpdateError):
    """Hearth runs here as a program on somebody else's system."""

    code = "no_system"

    def __init__(self) -> None:
        super().__init__(
            "Hearth runs here as a program on another system, so it cannot install an update. It keeps one for the "
            "boxes of its mesh. Update this one where it was built: “git pull”, “make setup”, and start it again."
        )


class UpdateBusyError(UpdateError):
    """Something is being done with an update already."""

    code = "update_busy"

    def __init__(self) -> None:
        super().__init__("This box is busy with an update already. Wait until that is done, and try again.")


class NothingKeptError(UpdateError):
    """No update is here."""

    code = "no_update"

    def __init__(self) -> None:
        super().__init__("There is no update on this box. Bring its file first: it ends in “.update”.")


class NothingWaitingError(UpdateError):
    """No new version is installed, so there is no reason to restart."""

    code = "nothing_waiting"

    def __init__(self) -> None:
        super().__init__("No new version waits for a restart. Install one first.")


class NoRoomForUpdateError(UpdateError):
    """The disk has less room than the update takes; the message says what to do."""

    code = "disk_full"


class UpdateStoppedComingError(UpdateError):
    """Whoever sent the file fell silent, or what it lies on was pulled out."""

    code = "took_too_long"


class UpdateNotElsewhereError(UpdateError):
    """No other node that can be reached keeps this update, or it is not newer than what is here."""

    code = "not_elsewhere"

    def __init__(self) -> None:
        super().__init__("That box does not have this update any more, or cannot be reached. Look at the list again.")

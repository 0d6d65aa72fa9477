"""Owns what can be wrong with an update file. Each says what to do, and names no path."""

from firmware.errors import FirmwareError


class UpdateError(FirmwareError):
    """Base class: this file cannot become this box's next version."""

    code = "update"


class NotAnUpdateError(UpdateError):
    """The file is something else. Choose the file whose name ends in `.update`."""

    code = "not_an_update"

    def __init__(self) -> None:
        super().__init__("This is not an update for Hearth. Choose the file whose name ends in “.update”.")


class UntrustedUpdateError(UpdateError):
    """The signature is not that of the maker of this box's system. Get the update from where the stick came from."""

    code = "untrusted"

    def __init__(self) -> None:
        super().__init__(
            "This update was not signed by whoever made this box's system, or was changed since. Nothing of it was "
            "installed. Get it again from where your stick came from."
        )


class DamagedUpdateError(UpdateError):
    """Bytes were lost or changed on the way. Copy or download the file again."""

    code = "damaged"

    def __init__(self) -> None:
        super().__init__("This update did not arrive whole. Nothing of it was installed. Download or copy it again.")


class UnfitUpdateError(UpdateError):
    """The update is real, and not for this box; the message says why."""

    code = "unfit"


class UpdateRefusedError(UpdateError):
    """What the process that writes systems said, in its own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SystemAwayError(UpdateError):
    """The process that writes systems does not answer. Restart the box and try again."""

    code = "system_away"

    def __init__(self) -> None:
        super().__init__(
            "The part of this box that installs updates does not answer. Nothing was changed. Restart the box, and "
            "try again."
        )
